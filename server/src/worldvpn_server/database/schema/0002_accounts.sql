-- Who may sign in, from which devices, and with which tokens.

CREATE TABLE account (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL UNIQUE,       -- NFKC, case folded
    skeleton text NOT NULL UNIQUE,       -- look-alikes share it (UTS 39)
    password_hash text NOT NULL,
    recovery_hash text NOT NULL,
    email text,
    is_operator boolean NOT NULL DEFAULT false,
    banned_at timestamptz,
    ban_reason text,
    created_at timestamptz NOT NULL
);

CREATE TABLE device (
    id uuid PRIMARY KEY,
    account uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    name text NOT NULL,
    x25519 bytea NOT NULL CHECK (length(x25519) = 32),
    ed25519 bytea NOT NULL UNIQUE CHECK (length(ed25519) = 32),
    created_at timestamptz NOT NULL,
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
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX login_account ON login (account);
CREATE INDEX login_revoked ON login (revoked_at) WHERE revoked_at IS NOT NULL;

-- Refresh tokens, by hash. successor is sealed under a key derived from the token it follows.
CREATE TABLE refresh (
    hash bytea PRIMARY KEY,
    sid uuid NOT NULL REFERENCES login ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    used_at timestamptz,
    successor bytea
);
CREATE INDEX refresh_sid ON refresh (sid);

-- New accounts a day and network; the network is an HMAC under a daily key.
CREATE TABLE signup (
    day date NOT NULL,
    network bytea NOT NULL,
    accounts integer NOT NULL,
    PRIMARY KEY (day, network)
);

-- Counters of the throttle; losing them in a crash is harmless.
CREATE UNLOGGED TABLE throttle (
    key text PRIMARY KEY,
    count bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX throttle_expires ON throttle (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON account, device, login, refresh, signup, throttle TO worldvpn_server;
