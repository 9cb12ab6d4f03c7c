-- Where a node's own port was last seen from outside: one row for each of our two ports.

CREATE UNLOGGED TABLE observed (
    node uuid NOT NULL REFERENCES node ON DELETE CASCADE,
    listener smallint NOT NULL CHECK (listener IN (0, 1)),
    host inet NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    stamp bytea NOT NULL,                -- the handshake's own time: an older one is a replay
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (node, listener)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON observed TO worldvpn_server;
