-- Who may sign in, from which devices, and with which tokens.

CREATE TABLE account (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL UNIQUE,       -- NFKC, case folded
    skeleton text NOT NULL UNIQUE,       -- look-alikes share it (UTS 39)
    password_hash text NOT NULL,
    recovery_hash text NOT NULL,         -- SHA-256, hex
    email text,
    is_operator boolean NOT NULL DEFAULT false,
    banned_at timestamptz,
    ban_reason text,
    created_at timestamptz NOT NULL
);

-- A revoked device keeps its row for a while, so that its keys cannot come back.
CREATE TABLE device (
    id uuid PRIMARY KEY,
    account uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    name text NOT NULL,
    x25519 bytea NOT NULL UNIQUE CHECK (length(x25519) = 32),
    ed25519 bytea NOT NULL UNIQUE CHECK (length(ed25519) = 32),
    created_at timestamptz NOT NULL,
    keys_at timestamptz NOT NULL DEFAULT now(),        -- when its keys were made or replaced
    seen_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX device_account ON device (account);

-- One sign-in: a token family. device is null for a compatible sign-in.
CREATE TABLE login (
    sid uuid PRIMARY KEY,
    account uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    device uuid REFERENCES device ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,     -- moves on with each refresh
    revoked_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX login_account ON login (account);
CREATE INDEX login_device ON login (device) WHERE device IS NOT NULL;
CREATE INDEX login_revoked ON login (revoked_at) WHERE revoked_at IS NOT NULL;

-- The refresh token of a family, by hash, and the one before it. What follows a token is derived
-- from it and the salt: the salt goes as soon as the follower is used.
CREATE TABLE refresh (
    sid uuid PRIMARY KEY REFERENCES login ON DELETE CASCADE,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    previous bytea CHECK (length(previous) = 32),
    salt bytea CHECK (length(salt) = 32),
    rotated_at timestamptz NOT NULL
) WITH (fillfactor = 70);

-- Signed statements of devices that were used: none counts twice.
CREATE TABLE device_proof (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX device_proof_expires ON device_proof (expires_at);

-- New accounts a day and network; the network is an HMAC that differs from day to day.
CREATE TABLE signup (
    day date NOT NULL,
    network bytea NOT NULL,
    accounts integer NOT NULL,
    PRIMARY KEY (day, network)
);

-- Counters of the throttle; losing them in a crash is harmless. Keys are HMACs.
CREATE UNLOGGED TABLE throttle (
    key text PRIMARY KEY,
    count bigint NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX throttle_expires ON throttle (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE
ON account, device, login, refresh, device_proof, signup, throttle TO worldvpn_server;
