-- The country that a node is told of its guest: fixed when the guest is offered, "XX" where too few
-- come from its own. Of the alias nothing is kept here: beside the payer it would outlive its key.

ALTER TABLE session ADD COLUMN shown_country char(2) NOT NULL DEFAULT 'XX';
