-- Money: append-only journals of one account each, whose postings sum to zero.
-- The server's role reads these tables and changes them by the functions below alone.

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
    journal uuid NOT NULL,               -- is there: ledger_balanced looks, a statement at a time
    bucket smallint NOT NULL CHECK (bucket IN (1, 2, 3, 4, 5, 11, 12, 13, 14)),
    ticks bigint NOT NULL CHECK (ticks <> 0),
    PRIMARY KEY (journal, bucket)
);

-- Which journal corrects which: once, and never another way round.
CREATE TABLE reversal (
    journal uuid PRIMARY KEY REFERENCES journal,
    reverses uuid NOT NULL UNIQUE REFERENCES journal
);

-- What was earned, until its batch pays it: no payer is named.
CREATE TABLE payout (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    available_ticks bigint NOT NULL CHECK (available_ticks >= 0),
    vesting_ticks bigint NOT NULL CHECK (vesting_ticks >= 0),
    subsidy_ticks bigint NOT NULL CHECK (subsidy_ticks >= 0),
    burned_ticks bigint NOT NULL CHECK (burned_ticks >= 0),
    created_at timestamptz NOT NULL,
    -- What else the session says, told with its batch: a node's row is no place to queue at.
    node uuid,
    carried_bytes bigint NOT NULL DEFAULT 0,
    begun boolean NOT NULL DEFAULT false,  -- the first of its session
    verdict boolean                        -- at its session's end: whether that speaks for the node
);
CREATE INDEX payout_owner ON payout (owner, created_at);

CREATE TABLE vesting (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    ticks bigint NOT NULL CHECK (ticks > 0),
    due_at timestamptz NOT NULL
);
CREATE INDEX vesting_due ON vesting (due_at);
CREATE INDEX vesting_account ON vesting (account, due_at);

-- The sealer's tree (RFC 6962): which journal is which leaf, every 256th inner hash so that
-- proofs need not read every leaf, and the signed tree heads.
CREATE TABLE seal (
    leaf bigint PRIMARY KEY,
    journal uuid NOT NULL UNIQUE,
    position bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE TABLE tree_node (
    level smallint NOT NULL CHECK (level > 0 AND level % 8 = 0),
    index bigint NOT NULL CHECK (index >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, index)
);
CREATE TABLE checkpoint (
    size bigint PRIMARY KEY,
    root bytea NOT NULL CHECK (length(root) = 32),
    frontier bytea NOT NULL,             -- the right edge of the tree, to go on from
    position bigint NOT NULL,
    note text NOT NULL,                  -- signed
    created_at timestamptz NOT NULL
);

-- Nobody rewrites history by a statement, not even the owner of the tables.
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: post a reversal', TG_TABLE_NAME USING ERRCODE = 'WV002';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tree_node
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- All postings of a journal come in one statement, and are checked as one: a trigger or a foreign
-- key for each row would cost more than the row.
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT journal FROM added) AS one
        WHERE (SELECT sum(ticks) FROM public.posting WHERE posting.journal = one.journal) <> 0
    ) THEN
        RAISE EXCEPTION 'postings do not sum to zero' USING ERRCODE = 'WV001';
    END IF;
    IF EXISTS (
        SELECT FROM added
        WHERE NOT EXISTS (SELECT FROM public.journal WHERE journal.id = added.journal)
    ) THEN
        RAISE EXCEPTION 'a posting is of no journal' USING ERRCODE = 'WV001';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sums_to_zero AFTER INSERT ON posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_balanced();

-- Where a line of a posted journal is compared with what is asked for under the same key: debt was
-- taken out of available, a hold's split and what a correction could take follow from the wallet.
CREATE FUNCTION ledger_asked(kind smallint, bucket smallint) RETURNS integer
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN bucket > 10 THEN bucket
                WHEN kind IN (8, 9) THEN 0
                WHEN bucket = 5 OR (kind = 2 AND bucket = 1) THEN 2
                ELSE bucket END
$$;

-- Posts journals, in the order of accounts so that two callers never wait for each other in a
-- circle. Debt is repaid first out of what becomes available; what a penalty (8) or a reversal (9)
-- cannot take is taken from available, and becomes debt where that ends.
CREATE FUNCTION ledger_post(
    ids uuid[], accounts uuid[], keys bytea[], kinds smallint[], notes text[], corrects uuid[],
    promos bigint[], availables bigint[], helds bigint[], vestings bigint[],
    mints bigint[], subsidies bigint[], clearings bigint[], penalties bigint[],
    now_at timestamptz
) RETURNS TABLE (
    number bigint, posted boolean,
    promo_now bigint, available_now bigint, held_now bigint, vesting_now bigint, debt_now bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked record;
    had wallet;
    owed bigint;
    here CONSTANT bigint := tx_position();
    -- Postings of what was posted and is not written yet.
    of_journals uuid[] := '{}';
    in_buckets smallint[] := '{}';
    of_ticks bigint[] := '{}';
    lines bigint[];
    buckets CONSTANT smallint[] := '{1, 2, 3, 4, 5, 11, 12, 13, 14}';
    moves boolean;
BEGIN
    FOR asked IN
        SELECT * FROM unnest(
            ids, accounts, keys, kinds, notes, corrects, promos, availables, helds, vestings,
            mints, subsidies, clearings, penalties
        ) WITH ORDINALITY AS one (
            id, account, key, kind, note, corrects, promo, available, held, vesting,
            mint, subsidy, clearing, penalty, number
        ) ORDER BY account, number
    LOOP
        IF asked.promo + asked.available + asked.held + asked.vesting
            + asked.mint + asked.subsidy + asked.clearing + asked.penalty <> 0 THEN
            RAISE EXCEPTION 'lines do not sum to zero' USING ERRCODE = 'WV001';
        END IF;
        SELECT * INTO had FROM wallet WHERE account = asked.account FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO wallet (account) VALUES (asked.account) ON CONFLICT DO NOTHING;
            SELECT * INTO had FROM wallet WHERE account = asked.account FOR UPDATE;
        END IF;
        number := asked.number;

        INSERT INTO journal (id, account, key, kind, note, created_at, position)
        VALUES (asked.id, asked.account, asked.key, asked.kind, asked.note, now_at, here)
        ON CONFLICT (account, key) DO NOTHING;
        posted := FOUND;
        IF NOT posted THEN
            INSERT INTO posting SELECT * FROM unnest(of_journals, in_buckets, of_ticks);
            of_journals := '{}';
            in_buckets := '{}';
            of_ticks := '{}';
            PERFORM FROM journal
            WHERE account = asked.account AND key = asked.key AND kind = asked.kind
              AND (SELECT reverses FROM reversal WHERE reversal.journal = journal.id)
                  IS NOT DISTINCT FROM asked.corrects
              AND NOT EXISTS (
                SELECT FROM (
                    SELECT ledger_asked(asked.kind, bucket) AS place, ticks
                    FROM posting WHERE posting.journal = journal.id
                    UNION ALL
                    SELECT ledger_asked(asked.kind, bucket::smallint), -ticks FROM (VALUES
                        (1, asked.promo), (2, asked.available), (3, asked.held),
                        (4, asked.vesting), (11, asked.mint), (12, asked.subsidy),
                        (13, asked.clearing), (14, asked.penalty)) AS line (bucket, ticks)
                ) AS both_sides
                GROUP BY place HAVING sum(ticks) <> 0
              );
            IF NOT FOUND THEN
                RAISE EXCEPTION 'a key was used for two things' USING ERRCODE = 'WV003';
            END IF;
        ELSE
            owed := 0;
            IF asked.kind IN (8, 9) THEN
                owed := greatest(0, -(had.promo + asked.promo));
                asked.promo := asked.promo + owed;
                asked.available := asked.available - owed;
                owed := greatest(0, -(had.vesting + asked.vesting));
                asked.vesting := asked.vesting + owed;
                asked.available := asked.available - owed;
                owed := greatest(0, -(had.available + asked.available));
                asked.available := asked.available + owed;
            END IF;
            IF asked.available > 0 THEN
                owed := -least(had.debt, asked.available);
                asked.available := asked.available + owed;
            END IF;
            UPDATE wallet SET
                promo = promo + asked.promo, available = available + asked.available,
                held = held + asked.held, vesting = vesting + asked.vesting, debt = debt + owed
            WHERE account = asked.account RETURNING * INTO had;
            lines := ARRAY[
                asked.promo, asked.available, asked.held, asked.vesting, -owed,
                asked.mint, asked.subsidy, asked.clearing, asked.penalty
            ];
            moves := false;
            FOR place IN 1 .. 9 LOOP
                IF lines[place] <> 0 THEN
                    moves := true;
                    of_journals := of_journals || asked.id;
                    in_buckets := in_buckets || buckets[place];
                    of_ticks := of_ticks || lines[place];
                END IF;
            END LOOP;
            IF NOT moves THEN
                RAISE EXCEPTION 'a journal moves nothing' USING ERRCODE = 'WV001';
            END IF;
            IF asked.corrects IS NOT NULL THEN
                INSERT INTO reversal (journal, reverses)
                SELECT asked.id, id FROM journal
                WHERE id = asked.corrects AND account = asked.account;
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'reverses nothing of that account' USING ERRCODE = 'WV001';
                END IF;
            END IF;
        END IF;
        promo_now := had.promo;
        available_now := had.available;
        held_now := had.held;
        vesting_now := had.vesting;
        debt_now := had.debt;
        RETURN NEXT;
    END LOOP;
    INSERT INTO posting SELECT * FROM unnest(of_journals, in_buckets, of_ticks);
END $$;

-- Holds ticks, promo first. posted: null where there is less than that, and nothing was moved.
CREATE FUNCTION ledger_hold(
    hold_id uuid, holder uuid, hold_key bytea, hold_ticks bigint, now_at timestamptz
) RETURNS TABLE (
    posted boolean, from_promo bigint, from_available bigint,
    promo_now bigint, available_now bigint, held_now bigint, vesting_now bigint, debt_now bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    had wallet;
    before uuid;
    old_held bigint;
BEGIN
    IF hold_ticks <= 0 THEN
        RAISE EXCEPTION 'a hold is of more than nothing' USING ERRCODE = 'WV001';
    END IF;
    SELECT * INTO had FROM wallet WHERE account = holder FOR UPDATE;
    SELECT id INTO before FROM journal WHERE account = holder AND key = hold_key AND kind = 2;
    IF before IS NOT NULL THEN
        SELECT coalesce(-sum(ticks) FILTER (WHERE bucket = 1), 0),
               coalesce(-sum(ticks) FILTER (WHERE bucket = 2), 0),
               sum(ticks) FILTER (WHERE bucket = 3)
        INTO from_promo, from_available, old_held FROM posting WHERE journal = before;
        IF old_held <> hold_ticks THEN
            RAISE EXCEPTION 'a key was used for two things' USING ERRCODE = 'WV003';
        END IF;
        RETURN QUERY SELECT false, from_promo, from_available,
            had.promo, had.available, had.held, had.vesting, had.debt;
        RETURN;
    END IF;
    from_promo := least(hold_ticks, coalesce(had.promo, 0));
    from_available := hold_ticks - from_promo;
    IF from_available > coalesce(had.available, 0) THEN
        RETURN QUERY SELECT NULL::boolean, 0::bigint, 0::bigint,
            coalesce(had.promo, 0), coalesce(had.available, 0), coalesce(had.held, 0),
            coalesce(had.vesting, 0), coalesce(had.debt, 0);
        RETURN;
    END IF;
    RETURN QUERY
    SELECT done.posted, from_promo, from_available,
        done.promo_now, done.available_now, done.held_now, done.vesting_now, done.debt_now
    FROM ledger_post(
        ARRAY[hold_id], ARRAY[holder], ARRAY[hold_key], ARRAY[2::smallint], ARRAY[''],
        ARRAY[NULL::uuid], ARRAY[-from_promo], ARRAY[-from_available], ARRAY[hold_ticks],
        ARRAY[0::bigint], ARRAY[0::bigint], ARRAY[0::bigint], ARRAY[0::bigint], ARRAY[0::bigint],
        now_at
    ) AS done;
END $$;

-- Appends leaves, inner hashes and one signed tree head. It refuses gaps, journals that another
-- transaction could still precede, and journals out of order.
CREATE FUNCTION ledger_seal(
    journals uuid[], hashes bytea[], levels smallint[], indexes bigint[], inner_hashes bytea[],
    new_root bytea, new_frontier bytea, signed_note text, now_at timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    first bigint;
    last_position bigint;
    last_journal uuid;
    added bigint;
    until bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1465274195);
    SELECT coalesce(max(size), 0) INTO first FROM checkpoint;
    SELECT position, journal INTO last_position, last_journal FROM seal WHERE leaf = first - 1;
    INSERT INTO seal (leaf, journal, position, hash)
    SELECT first + one.number - 1, one.id, journal.position, one.hash
    FROM unnest(journals, hashes) WITH ORDINALITY AS one (id, hash, number)
    JOIN journal ON journal.id = one.id;
    GET DIAGNOSTICS added = ROW_COUNT;
    IF added <> cardinality(journals) OR added = 0 THEN
        RAISE EXCEPTION 'not every journal to be sealed is there' USING ERRCODE = 'WV001';
    END IF;
    IF EXISTS (
        SELECT FROM (
            SELECT position, journal,
                lag(position, 1, last_position) OVER (ORDER BY leaf) AS before_position,
                lag(journal, 1, last_journal) OVER (ORDER BY leaf) AS before_journal
            FROM seal WHERE leaf >= first
        ) AS chain
        WHERE (position, journal) <= (before_position, before_journal)
    ) THEN
        RAISE EXCEPTION 'journals are sealed in order' USING ERRCODE = 'WV001';
    END IF;
    SELECT position INTO until FROM seal WHERE leaf = first + added - 1;
    IF until >= tx_horizon() THEN
        RAISE EXCEPTION 'sealed only behind the horizon' USING ERRCODE = 'WV001';
    END IF;
    INSERT INTO tree_node (level, index, hash) SELECT * FROM unnest(levels, indexes, inner_hashes);
    INSERT INTO checkpoint (size, root, frontier, position, note, created_at)
    VALUES (first + added, new_root, new_frontier, until, signed_note, now_at);
    RETURN first + added;
END $$;

REVOKE ALL ON FUNCTION ledger_post, ledger_hold, ledger_seal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post, ledger_hold, ledger_seal TO worldvpn_server;
GRANT SELECT ON wallet, journal, posting, reversal, seal, tree_node, checkpoint TO worldvpn_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON payout, vesting TO worldvpn_server;
