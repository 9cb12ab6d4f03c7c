-- What every area stands on: where a transaction lies in time, and what is behind the horizon.

-- Rights of the server's own role are given table by table; nobody else has any.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO worldvpn_server;

-- A restored dump lands in a cluster whose transaction numbers start again: the era is raised
-- at start so that positions never go back.
CREATE TABLE era (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    base bigint NOT NULL
);
INSERT INTO era (base) VALUES (0);
GRANT SELECT ON era TO worldvpn_server;

CREATE FUNCTION tx_position() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL UNSAFE AS
$$ SELECT base + pg_current_xact_id()::text::bigint FROM era $$;

-- Every position below it belongs to a transaction that has ended: nothing can appear there any more.
-- STABLE: it looks through the snapshot of the query that calls it. A volatile one would take a
-- newer snapshot, and call behind the horizon what that query cannot see yet.
CREATE FUNCTION tx_horizon() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM era $$;
