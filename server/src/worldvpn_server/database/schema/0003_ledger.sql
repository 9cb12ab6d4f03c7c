-- Money: append-only journals of one account each, whose postings sum to zero.

-- Balances of a user in ticks; the system's accounts have no row, they are sums.
CREATE TABLE wallet (
    account uuid PRIMARY KEY,
    promo bigint NOT NULL DEFAULT 0 CHECK (promo >= 0),
    available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    vesting bigint NOT NULL DEFAULT 0 CHECK (vesting >= 0),
    debt bigint NOT NULL DEFAULT 0 CHECK (debt >= 0)
) WITH (fillfactor = 70);

CREATE TABLE journal (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    key bytea NOT NULL,                  -- what makes posting it twice once
    kind smallint NOT NULL,
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    position bigint NOT NULL DEFAULT tx_position(),
    UNIQUE (account, key)
);
CREATE INDEX journal_position ON journal (position, id);
CREATE INDEX journal_account ON journal (account, id DESC);

-- bucket: 1 promo, 2 available, 3 held, 4 vesting, 5 debt (what is owed is negative here);
-- 11 mint, 12 subsidy, 13 clearing, 14 penalty.
CREATE TABLE posting (
    journal uuid NOT NULL REFERENCES journal,
    bucket smallint NOT NULL CHECK (bucket IN (1, 2, 3, 4, 5, 11, 12, 13, 14)),
    ticks bigint NOT NULL CHECK (ticks <> 0),
    PRIMARY KEY (journal, bucket)
);

-- What was earned, until its batch pays it: no payer is named.
CREATE TABLE payout (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    available_ticks bigint NOT NULL CHECK (available_ticks >= 0),
    vesting_ticks bigint NOT NULL CHECK (vesting_ticks >= 0),
    subsidy_ticks bigint NOT NULL CHECK (subsidy_ticks >= 0),
    burned_ticks bigint NOT NULL CHECK (burned_ticks >= 0),
    created_at timestamptz NOT NULL
);
CREATE INDEX payout_owner ON payout (owner, created_at);

CREATE TABLE vesting (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    ticks bigint NOT NULL CHECK (ticks > 0),
    due_at timestamptz NOT NULL
);
CREATE INDEX vesting_due ON vesting (due_at);

-- The sealer's chain: which journal is which leaf, and the signed tree heads.
CREATE TABLE seal (
    leaf bigint PRIMARY KEY,
    journal uuid NOT NULL UNIQUE,
    position bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE TABLE checkpoint (
    size bigint PRIMARY KEY,
    root bytea NOT NULL CHECK (length(root) = 32),
    frontier bytea NOT NULL,             -- the right edge of the tree, to go on from
    position bigint NOT NULL,
    note text NOT NULL,                  -- signed
    created_at timestamptz NOT NULL
);

CREATE TABLE reversal (
    journal uuid PRIMARY KEY REFERENCES journal,
    reverses uuid NOT NULL UNIQUE REFERENCES journal
);
