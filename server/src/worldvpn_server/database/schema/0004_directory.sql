-- Nodes: what they offer, whether they live, and how good they were.

CREATE TABLE node (
    id uuid PRIMARY KEY,
    account uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    device uuid REFERENCES device ON DELETE CASCADE,  -- null: registered by a compatible client
    status smallint NOT NULL,            -- 0 offline, 1 online, 2 stale, 3 draining
    listed boolean NOT NULL,             -- reached, not hidden by a rule
    synthetic boolean NOT NULL DEFAULT false,
    country char(2) NOT NULL,
    region smallint NOT NULL,
    city text NOT NULL,
    node_group text NOT NULL,            -- community, public
    protocols text[] NOT NULL,
    bandwidth_mbps integer NOT NULL CHECK (bandwidth_mbps > 0),
    most_guests integer NOT NULL CHECK (most_guests > 0),
    guests integer NOT NULL DEFAULT 0 CHECK (guests >= 0),
    daily_bytes bigint NOT NULL,
    allow_streaming boolean NOT NULL,
    allow_torrents boolean NOT NULL,
    schedule jsonb,
    carriers jsonb NOT NULL DEFAULT '[]',
    x25519 bytea,
    inner4 cidr NOT NULL,                -- tunnel addresses of its guests
    inner6 cidr NOT NULL,
    network bytea,                       -- HMAC of its /24 or /48
    reach_reason text NOT NULL DEFAULT 'not-checked',
    reached_at timestamptz,
    successes double precision NOT NULL DEFAULT 0,  -- decayed, as of rated_at
    failures double precision NOT NULL DEFAULT 0,
    rated_at timestamptz NOT NULL,
    reputation real NOT NULL DEFAULT 50, -- 0 to 100
    latency_ms real,                     -- measured; null until then
    settled_sessions integer NOT NULL DEFAULT 0,
    lifetime_sessions bigint NOT NULL DEFAULT 0,
    lifetime_bytes bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX node_device ON node (account, device) NULLS NOT DISTINCT;

-- Heartbeats, apart from the node so that a beat touches no index that discovery reads.
CREATE TABLE presence (
    node uuid PRIMARY KEY REFERENCES node ON DELETE CASCADE,
    seen_at timestamptz NOT NULL,
    connections integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Endpoints: never in the directory, only in a session's answer.
CREATE TABLE node_endpoint (
    node uuid NOT NULL REFERENCES node ON DELETE CASCADE,
    host inet NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    carrier text NOT NULL,
    proven_at timestamptz,               -- its address was seen, or returned our nonce
    reached_at timestamptz,
    PRIMARY KEY (node, host, port, carrier)
);

-- Signed regional files and deltas, encoded once.
CREATE TABLE directory_file (
    region smallint NOT NULL,
    version bigint NOT NULL,
    since bigint NOT NULL,               -- 0: whole
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (region, version, since)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON node, presence, node_endpoint, directory_file TO worldvpn_server;
