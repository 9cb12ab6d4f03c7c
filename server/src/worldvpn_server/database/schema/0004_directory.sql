-- Nodes: what they offer, whether they live, and how good they were.

-- Numbers from which nodes get their networks inside tunnels.
CREATE SEQUENCE node_number MINVALUE 0 START 0;

-- Guests a node may have: few until it has shown that it carries traffic.
CREATE FUNCTION node_room(most_guests integer, settled_sessions integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN settled_sessions < 20 THEN least(most_guests, 2) ELSE most_guests END $$;

-- How busy a node is, as far as the directory tells: 0 up to a third, 1, 2, and 3 full.
CREATE FUNCTION node_load(guests integer, room integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN guests >= room THEN 3 ELSE guests * 3 / room END $$;

CREATE TABLE node (
    id uuid PRIMARY KEY,
    account uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    device uuid REFERENCES device ON DELETE CASCADE,  -- null: registered by a compatible client
    status smallint NOT NULL,            -- 0 offline, 1 online, 2 stale, 3 draining
    listed boolean NOT NULL,             -- reached, not hidden by a rule
    synthetic boolean NOT NULL DEFAULT false,
    country char(2) NOT NULL,
    region smallint NOT NULL,            -- UN M49
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
    x25519 bytea CHECK (length(x25519) = 32),
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
    latency_deviation_ms real,
    settled_sessions integer NOT NULL DEFAULT 0,
    lifetime_sessions bigint NOT NULL DEFAULT 0,
    lifetime_bytes bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,     -- by its owner
    left_at timestamptz,                 -- its owner took it offline; null: it is not so
    position bigint NOT NULL DEFAULT 0,  -- of the last change that the directory shows
    -- A column of its own, so that counting a guest touches no index unless it was the last.
    open boolean NOT NULL GENERATED ALWAYS AS
        (listed AND status = 1 AND guests < node_room(most_guests, settled_sessions)) STORED
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX node_device ON node (account, device) NULLS NOT DISTINCT;
CREATE INDEX node_best ON node (reputation DESC, latency_ms, id) WHERE open;
CREATE INDEX node_country ON node (country, reputation DESC, latency_ms, id) WHERE open;
CREATE INDEX node_group ON node (node_group, reputation DESC, latency_ms, id) WHERE open;
CREATE INDEX node_newcomer ON node (country, reputation DESC, id)
    WHERE open AND settled_sessions < 20;
CREATE INDEX node_bandwidth ON node (bandwidth_mbps) WHERE open;
CREATE INDEX node_protocols ON node USING gin (protocols) WHERE open;
CREATE INDEX node_network ON node (network) WHERE listed;
-- Few nodes are stale at a time: those that beat again are found among them.
CREATE INDEX node_stale ON node (id) WHERE status = 2;
CREATE INDEX node_position ON node (position);

-- Nodes that left a region: the directory tells so, then forgets them.
CREATE TABLE node_gone (
    node uuid NOT NULL,
    region smallint NOT NULL,
    position bigint NOT NULL DEFAULT tx_position()
);
CREATE INDEX node_gone_position ON node_gone (position);

-- In the directory are nodes that live, were reached, and have a key to be reached by.
CREATE FUNCTION node_shown(node) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT $1.listed AND $1.status = 1 AND $1.x25519 IS NOT NULL $$;

CREATE FUNCTION node_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF node_shown(NEW) THEN NEW.position := tx_position(); END IF;
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        IF node_shown(OLD) THEN INSERT INTO node_gone VALUES (OLD.id, OLD.region); END IF;
        RETURN OLD;
    END IF;
    IF NOT (node_shown(OLD) OR node_shown(NEW)) THEN RETURN NEW; END IF;
    IF OLD.region <> NEW.region AND node_shown(OLD) THEN
        INSERT INTO node_gone VALUES (OLD.id, OLD.region);
    END IF;
    IF (node_shown(OLD), OLD.country, OLD.city, OLD.node_group, OLD.protocols, OLD.bandwidth_mbps,
        node_load(OLD.guests, node_room(OLD.most_guests, OLD.settled_sessions)),
        round(OLD.reputation), round(OLD.latency_ms), OLD.settled_sessions < 20)
       IS DISTINCT FROM
       (node_shown(NEW), NEW.country, NEW.city, NEW.node_group, NEW.protocols, NEW.bandwidth_mbps,
        node_load(NEW.guests, node_room(NEW.most_guests, NEW.settled_sessions)),
        round(NEW.reputation), round(NEW.latency_ms), NEW.settled_sessions < 20)
    THEN NEW.position := tx_position(); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER node_note_change BEFORE INSERT OR UPDATE OR DELETE ON node
    FOR EACH ROW EXECUTE FUNCTION node_note_change();

-- At most eight listed nodes a network, whoever lists them.
CREATE FUNCTION node_limit_network() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(('x' || encode(substr(NEW.network, 1, 8), 'hex'))::bit(64)::bigint);
    IF (SELECT count(*) FROM node
        WHERE network = NEW.network AND listed AND id <> NEW.id) >= 8
    THEN
        NEW.listed := false;
        NEW.reach_reason := 'too-many-neighbours';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER node_limit_network BEFORE INSERT OR UPDATE OF listed, network ON node
    FOR EACH ROW WHEN (NEW.listed AND NEW.network IS NOT NULL)
    EXECUTE FUNCTION node_limit_network();

-- Heartbeats, apart from the node so that a beat touches no index that discovery reads. A row
-- goes when its node goes offline: what is here is heard, or was a moment ago.
CREATE TABLE presence (
    node uuid PRIMARY KEY,
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

-- How far each region is published.
CREATE TABLE directory_head (
    region smallint PRIMARY KEY,
    version bigint NOT NULL,
    whole_version bigint NOT NULL,
    whole_at timestamptz NOT NULL,
    position bigint NOT NULL             -- changes from here on are not in it for certain
);

GRANT SELECT, INSERT, UPDATE, DELETE ON node, presence, node_endpoint, directory_file, directory_head
    TO worldvpn_server;
GRANT SELECT, INSERT, DELETE ON node_gone TO worldvpn_server;
GRANT USAGE ON SEQUENCE node_number TO worldvpn_server;
