-- The outbox: what streams tell, in the order of positions, read only behind the horizon.

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    position bigint NOT NULL DEFAULT tx_position(),
    topic uuid NOT NULL,                 -- an account, a session, or all zeros: everybody
    device uuid,                         -- only this device of the account; null: all
    kind text NOT NULL,
    body bytea NOT NULL,                 -- JSON, encoded once
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (position, id)
);
-- The place to start from where nothing happened yet; trimming always leaves one that was read.
INSERT INTO outbox (topic, kind, body)
VALUES ('00000000-0000-0000-0000-000000000000', 'start', '{}');
CREATE INDEX outbox_topic ON outbox (topic, position, id);
CREATE INDEX outbox_created ON outbox (created_at, position);

GRANT SELECT, INSERT, DELETE ON outbox TO worldvpn_server;
