-- Sessions: the only rows that join a payer to an owner, and deleted once nothing hangs on them.

CREATE TABLE session (
    id uuid PRIMARY KEY,
    payer uuid NOT NULL,
    payer_device uuid,                   -- null: a compatible client
    owner uuid NOT NULL,
    node uuid NOT NULL,
    state smallint NOT NULL,             -- 1 offered, 2 open, 3 ended, 4 settled
    protocol text NOT NULL,
    guest_x25519 bytea CHECK (length(guest_x25519) = 32),    -- null: a compatible client without
    guest_ed25519 bytea CHECK (length(guest_ed25519) = 32),  -- null: it signs no receipts
    node_x25519 bytea CHECK (length(node_x25519) = 32),
    node_ed25519 bytea CHECK (length(node_ed25519) = 32),
    assigned4 inet NOT NULL,
    assigned6 inet NOT NULL,
    client_country char(2) NOT NULL,     -- coarse; shown from five distinct guests only
    counted boolean NOT NULL,            -- holds a place at its node; one fetched ahead does not
    independent boolean NOT NULL,        -- other account, device and network than the node's
    request_key text,                    -- the Idempotency-Key that asked for it
    salt bytea NOT NULL CHECK (length(salt) = 32),
    -- money, in bytes and ticks; held = price * (cap - settled)
    price_ticks smallint NOT NULL,
    holds integer NOT NULL DEFAULT 0,    -- how many were taken: each has a key of its own
    cap_bytes bigint NOT NULL DEFAULT 0 CHECK (cap_bytes >= 0),
    settled_bytes bigint NOT NULL DEFAULT 0,
    held_promo_ticks bigint NOT NULL DEFAULT 0 CHECK (held_promo_ticks >= 0),
    held_available_ticks bigint NOT NULL DEFAULT 0 CHECK (held_available_ticks >= 0),
    subsidised_bytes bigint NOT NULL DEFAULT 0,  -- of the cap: independent pair, within its allowance
    rate_bps bigint NOT NULL,            -- what the node advertised
    endpoint text, carrier text,         -- where the guest goes; null until accepted
    -- per role and direction the highest valid figure; null: that role has not spoken
    node_up bigint, node_down bigint, node_elapsed_ms bigint,
    guest_up bigint, guest_down bigint, guest_elapsed_ms bigint,
    final_up bigint, final_down bigint,  -- the guest's last word
    equivocations integer NOT NULL DEFAULT 0,       -- one number, two words
    node_equivocations integer NOT NULL DEFAULT 0,  -- of these the node's
    receipts integer NOT NULL DEFAULT 0,            -- how many came; the first are kept
    settlements integer NOT NULL DEFAULT 0,         -- numbers the keys of its journals
    subsidy_paid_bytes bigint NOT NULL DEFAULT 0,   -- of subsidised_bytes
    settled_at timestamptz,                         -- when bytes last became due
    created_at timestamptz NOT NULL,
    opened_at timestamptz,
    expires_at timestamptz NOT NULL,     -- of its last ticket
    ended_at timestamptz,
    end_reason text,
    CHECK (settled_bytes >= 0 AND settled_bytes <= cap_bytes),
    CHECK (held_promo_ticks + held_available_ticks = price_ticks * (cap_bytes - settled_bytes))
-- Room for one more version of every row: otherwise each settlement writes a dozen index entries.
) WITH (fillfactor = 45);
CREATE INDEX session_payer ON session (payer, created_at DESC);
CREATE INDEX session_node ON session (node) WHERE state IN (1, 2);
CREATE INDEX session_owner ON session (owner, created_at DESC);
CREATE INDEX session_expires ON session (expires_at);
-- An address belongs to one guest of a node at a time.
CREATE UNIQUE INDEX session_address4 ON session (node, assigned4) WHERE state IN (1, 2);
CREATE UNIQUE INDEX session_address6 ON session (node, assigned6) WHERE state IN (1, 2);
-- A key is one peer of a node's interface, so it is one guest's there.
CREATE UNIQUE INDEX session_guest_key ON session (node, guest_x25519) WHERE state IN (1, 2);
-- A request that is made again after a crash finds what it made before.
CREATE UNIQUE INDEX session_request ON session (payer, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX session_device ON session (payer_device) WHERE state IN (1, 2);
CREATE INDEX session_prepaid ON session (state) WHERE state IN (2, 3) AND guest_ed25519 IS NULL;

CREATE TABLE ticket (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    session uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    number integer NOT NULL,             -- counts from 1
    cap_bytes bigint NOT NULL,
    not_after timestamptz NOT NULL,
    signed bytea NOT NULL,
    UNIQUE (session, number)
);

-- Each role's word by number: a second one with another hash is evidence.
CREATE TABLE receipt (
    session uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    role smallint NOT NULL,
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    signed bytea NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (session, role, sequence, hash)
);

-- What a compatible client claimed about its traffic: recorded, worth nothing.
CREATE TABLE claim (
    account uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    shared_bytes bigint NOT NULL,
    consumed_bytes bigint NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE idempotency (
    account uuid NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status smallint,                     -- null: still at work
    answer bytea,
    leased_until timestamptz NOT NULL,   -- who is at work and not done by then has died
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- What an owner may know of guests past: written when a session ends, with no id of the payer or
-- the session. Rows of one session have an alias; when their day is over they are added up.
CREATE TABLE carried (
    id uuid PRIMARY KEY,                 -- random: one that tells the time would undo the rounding
    owner uuid NOT NULL,
    node uuid NOT NULL,
    alias bytea,                         -- null: a day's rows, added up
    country char(2) NOT NULL,            -- added up: XX
    traffic text NOT NULL,
    sessions integer NOT NULL,
    bytes bigint NOT NULL,               -- rounded to 1 MiB
    credits bigint NOT NULL,
    started_at timestamptz NOT NULL      -- rounded to 15 min, added up: to the day
);
CREATE INDEX carried_owner ON carried (owner, started_at DESC);
CREATE INDEX carried_alias ON carried (alias) WHERE alias IS NOT NULL;
CREATE UNIQUE INDEX carried_day ON carried (node, started_at, traffic) WHERE alias IS NULL;

-- Of what was added up, by country, with no day: the same country on two days is a link.
CREATE TABLE carried_country (
    owner uuid NOT NULL,
    country char(2) NOT NULL,
    sessions bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (owner, country)
);

-- Sessions that are in it already; which row is theirs is nowhere.
CREATE TABLE carried_session (
    session uuid PRIMARY KEY REFERENCES session ON DELETE CASCADE
);

-- Random daily keys of guests' aliases, destroyed after 48 h. Unlogged, so that neither the log
-- nor a base backup keeps what was destroyed; a crash loses today's key, which splits an alias.
CREATE UNLOGGED TABLE alias_key (
    day date PRIMARY KEY,
    key bytea NOT NULL CHECK (length(key) = 32)
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);

GRANT SELECT, INSERT, UPDATE, DELETE ON
    session, ticket, receipt, claim, idempotency, carried, carried_country, carried_session, alias_key TO worldvpn_server;
