-- migrate:up
SET lock_timeout = '5s';

-- Where the customer stood, and what scoring read in the text. Probabilities are whole millionths,
-- so that sums are the same in every order.
ALTER TABLE outer_loop.feedback_fact
    ADD COLUMN segment text,
    ADD COLUMN journey text,
    ADD COLUMN place text,
    ADD COLUMN product text,
    ADD COLUMN account_id text,
    ADD COLUMN customer_value double precision,
    ADD COLUMN theme text,
    ADD COLUMN theme_millionths int,
    ADD COLUMN cause text,
    ADD COLUMN cause_millionths int;

-- The zone that cuts a tenant's days. Fixed with its first event; a rebuild takes the program's.
CREATE TABLE outer_loop.day_zone (
    tenant text PRIMARY KEY,
    time_zone text NOT NULL
);

-- What was said on a day, by one dimension at a time. `slot` spreads what several batches count
-- at once over several rows; a reader sums them.
CREATE TABLE outer_loop.voice_day (
    tenant text NOT NULL,
    dimension text NOT NULL,
    day date NOT NULL,
    name text NOT NULL,
    slot smallint NOT NULL,
    feedback bigint NOT NULL,
    detractors bigint NOT NULL,
    passives bigint NOT NULL,
    promoters bigint NOT NULL,
    PRIMARY KEY (tenant, dimension, day, name, slot)
);

-- The days on which a customer met a cause, each with the day before it on which they did
-- ('-infinity' for none). `at` is the touchpoint where the dimension is what_at, else ''.
CREATE TABLE outer_loop.cause_sighting (
    tenant text NOT NULL,
    customer_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('confirmed', 'suggested')),
    dimension text NOT NULL,
    name text NOT NULL,
    at text NOT NULL,
    day date NOT NULL,
    previous_day date NOT NULL CHECK (previous_day < day),
    things int NOT NULL CHECK (things > 0),
    millionths bigint NOT NULL,
    PRIMARY KEY (tenant, customer_id, kind, dimension, name, at, day)
);

-- How many customers met a cause on a day, having met it last on the previous one. Distinct
-- customers from s to e: the sum where s <= day <= e and previous_day < s.
CREATE TABLE outer_loop.cause_day (
    tenant text NOT NULL,
    kind text NOT NULL,
    dimension text NOT NULL,
    name text NOT NULL,
    at text NOT NULL,
    day date NOT NULL,
    previous_day date NOT NULL,
    slot smallint NOT NULL,
    customers bigint NOT NULL,
    things bigint NOT NULL,
    millionths bigint NOT NULL,
    PRIMARY KEY (tenant, kind, dimension, name, at, day, previous_day, slot)
);
CREATE INDEX cause_day_by_time ON outer_loop.cause_day (tenant, kind, dimension, day)
    INCLUDE (name, at, previous_day, customers, things, millionths);
CREATE INDEX cause_day_of_first_times ON outer_loop.cause_day (tenant, kind, dimension, name, at)
    INCLUDE (customers) WHERE previous_day = '-infinity';

-- Whom a batch counts: its rows are what batches that run side by side take turns at.
CREATE TABLE outer_loop.counted_customer (
    tenant text NOT NULL,
    customer_id text NOT NULL,
    PRIMARY KEY (tenant, customer_id)
);

-- Every cause that an owner ever confirmed at a touchpoint.
CREATE TABLE outer_loop.known_cause (
    tenant text NOT NULL,
    touchpoint text NOT NULL,
    what text NOT NULL,
    PRIMARY KEY (tenant, touchpoint, what)
);

-- By what a cause is counted; said once, for the worker and for a rebuild.
CREATE FUNCTION outer_loop.cause_cells(kind text, touchpoint text, department text, what text, why text)
RETURNS TABLE (dimension text, name text, at text, by_why bool)
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT cell.dimension, cell.name, cell.at, cell.dimension = 'why'
    FROM (VALUES ('what', what, ''), ('what_at', what, touchpoint), ('why', why, ''),
                 ('touchpoint', touchpoint, ''), ('department', department, ''))
        AS cell (dimension, name, at)
    WHERE cell.name IS NOT NULL
      AND (kind = 'confirmed' OR cell.dimension IN ('what', 'what_at', 'why'));
END;

DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'day_zone', 'voice_day', 'cause_sighting', 'cause_day', 'counted_customer', 'known_cause']
    LOOP
        EXECUTE format('ALTER TABLE outer_loop.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE outer_loop.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY every_tenant ON outer_loop.%I TO closedloop_outer_loop USING (true)',
            table_name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON outer_loop.%I TO closedloop_outer_loop_api '
            'USING (tenant = current_setting(''closedloop.tenant'', true))', table_name);
        EXECUTE format(
            'GRANT SELECT, INSERT, UPDATE, DELETE ON outer_loop.%I TO closedloop_outer_loop',
            table_name);
        EXECUTE format('GRANT SELECT ON outer_loop.%I TO closedloop_outer_loop_api', table_name);
    END LOOP;
END $$;

-- migrate:down
