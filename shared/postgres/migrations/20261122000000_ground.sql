-- migrate:up
SET lock_timeout = '5s';

-- A range's exclusion constraint that also compares plain columns needs this.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE SCHEMA ground;

-- Roles belong to the cluster, not to the database: another database may have made them.
CREATE FUNCTION ground.create_role(role_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;

-- <service>: its worker, which sees every tenant. <service>_api: one request of one tenant.
SELECT ground.create_role('closedloop_' || service || suffix)
FROM unnest(ARRAY['ingest', 'scoring', 'routing', 'outer_loop']) AS service,
     unnest(ARRAY['', '_api']) AS suffix;

-- Whoever migrates starts the services too: they connect as this user and take on a role.
-- A grant that another database's migration holds at this moment is repeated, not fatal.
DO $$
DECLARE role_name text;
BEGIN
    FOR role_name IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'closedloop\_%' LOOP
        IF NOT pg_has_role(current_user, role_name, 'SET') THEN
            EXECUTE format('GRANT %I TO %I', role_name, current_user);
        END IF;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA ground TO
    closedloop_ingest, closedloop_scoring, closedloop_routing, closedloop_outer_loop,
    closedloop_ingest_api, closedloop_scoring_api, closedloop_routing_api,
    closedloop_outer_loop_api;

-- Partitions of an append-only table for this month and the months ahead, and a default one
-- that keeps a row which no month takes. Safe to call again, also by several workers at once.
CREATE FUNCTION ground.ensure_month_partitions(parent regclass, months_ahead int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    schema_name name;
    table_name name;
    first_day date;
BEGIN
    SELECT nspname, relname INTO schema_name, table_name
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE pg_class.oid = parent;
    PERFORM pg_advisory_xact_lock(hashtext(schema_name || '.' || table_name));
    FOR n IN 0 .. months_ahead LOOP
        first_day := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n);
        IF to_regclass(format('%I.%I', schema_name, table_name || to_char(first_day, '_YYYY_MM')))
           IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                    schema_name, table_name || to_char(first_day, '_YYYY_MM'), parent,
                    first_day || ' 00:00Z', (first_day + interval '1 month')::date || ' 00:00Z');
            EXCEPTION WHEN check_violation THEN
                -- The default partition holds rows of this month already: they stay there.
                RAISE WARNING '% has rows of % in its default partition', parent, first_day;
            END;
        END IF;
    END LOOP;
    IF to_regclass(format('%I.%I', schema_name, table_name || '_default')) IS NULL THEN
        EXECUTE format('CREATE TABLE %I.%I PARTITION OF %s DEFAULT',
                       schema_name, table_name || '_default', parent);
    END IF;
END $$;

-- What commands over HTTP want published: the shape of each service's own outbox table.
CREATE TABLE ground.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key bytea,
    value bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON ground.outbox (id) WHERE sent_at IS NULL;

CREATE SCHEMA ledger;

-- One row for each batch that a consumer group has handled, written in the transaction that
-- wrote the batch's effects. The ranges of a partition never overlap.
CREATE TABLE ledger.batch (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    topic_id uuid NOT NULL,
    partition int NOT NULL,
    first_offset bigint NOT NULL,
    last_offset bigint NOT NULL,
    handled int NOT NULL,       -- events seen for the first time
    effects int NOT NULL,       -- those of them that had to leave something behind
    duplicates int NOT NULL,    -- events that an earlier record had brought already
    dead_letters int NOT NULL,  -- records that could not be handled
    absent int NOT NULL,        -- offsets without a record: a publisher's transaction markers
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic_id, partition, first_offset),
    CONSTRAINT every_offset_once CHECK (
        first_offset >= 0 AND last_offset >= first_offset
        AND handled + duplicates + dead_letters + absent = last_offset - first_offset + 1
        AND effects BETWEEN 0 AND handled),
    CONSTRAINT no_offset_twice EXCLUDE USING gist (
        consumer_group WITH =, topic_id WITH =, partition WITH =,
        int8range(first_offset, last_offset, '[]') WITH &&)
);

-- Why each dead letter is one. Its bytes are on the group's dead-letter topic.
CREATE TABLE ledger.dead_letter (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    topic_id uuid NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    code text NOT NULL,
    field text NOT NULL,
    detail text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    replayed_at timestamptz,
    PRIMARY KEY (consumer_group, topic_id, partition, "offset")
);

GRANT USAGE ON SCHEMA ledger TO closedloop_scoring, closedloop_routing, closedloop_outer_loop;
GRANT SELECT, INSERT ON ledger.batch, ledger.dead_letter
    TO closedloop_scoring, closedloop_routing, closedloop_outer_loop;

-- migrate:down
