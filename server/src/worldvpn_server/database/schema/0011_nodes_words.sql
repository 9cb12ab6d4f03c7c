-- A node's last word on a session, and whom it will not have again.

-- It claims no more than it has by now: of the hold, no more is kept.
ALTER TABLE session ADD COLUMN node_final boolean NOT NULL DEFAULT false;

-- Guests that a node has sent away are not offered to it again. It named a session: who that was, it
-- is not told.
CREATE TABLE sent_away (
    account uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    node uuid NOT NULL REFERENCES node ON DELETE CASCADE,
    until timestamptz NOT NULL,
    PRIMARY KEY (account, node)
);
CREATE INDEX sent_away_node ON sent_away (node);

GRANT SELECT, INSERT, UPDATE, DELETE ON sent_away TO worldvpn_server;
