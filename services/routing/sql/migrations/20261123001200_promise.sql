-- migrate:up
SET lock_timeout = '5s';

-- What is kept for a customer's own page; nothing for a follow-up whose page nobody has used.
-- Links are computed (docs/adr/0012): one works while its generation is the one that stands here.
CREATE TABLE routing.promise (
    followup_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    generation int NOT NULL DEFAULT 0 CHECK (generation BETWEEN 0 AND 65535),
    told_customer text,
    call_asked_at timestamptz,
    erasure_asked_at timestamptz
);

-- Each asking whether it is solved; `round` is the version that resolved it. The words of an answer
-- are in the follow-up's history.
CREATE TABLE routing.resurvey (
    followup_id uuid NOT NULL,
    round int NOT NULL,
    tenant text NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    scale text NOT NULL,
    settled_at timestamptz,
    ending text CHECK (ending IN ('happy', 'neutral', 'unhappy', 'no_response', 'overtaken')),
    value double precision,
    PRIMARY KEY (followup_id, round),
    CONSTRAINT settled_as_a_whole CHECK (num_nulls(settled_at, ending) IN (0, 2)),
    CONSTRAINT only_answers_have_a_value CHECK (
        (value IS NOT NULL) = coalesce(ending IN ('happy', 'neutral', 'unhappy'), false))
);
CREATE INDEX resurvey_unsettled ON routing.resurvey (expires_at, followup_id)
    WHERE settled_at IS NULL;
CREATE INDEX resurvey_settled ON routing.resurvey (tenant, settled_at) WHERE settled_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON routing.promise, routing.resurvey TO closedloop_routing_api;
GRANT SELECT ON routing.promise TO closedloop_routing;
-- The clock ends rounds that nobody answered.
GRANT SELECT, UPDATE ON routing.resurvey TO closedloop_routing;
DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['promise', 'resurvey'] LOOP
        EXECUTE format('ALTER TABLE routing.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE routing.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY every_tenant ON routing.%I TO closedloop_routing USING (true)',
            table_name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON routing.%I TO closedloop_routing_api'
            ' USING (tenant = current_setting(''closedloop.tenant'', true))', table_name);
    END LOOP;
END $$;

-- A link names a follow-up and no tenant: this says whose it is, and nothing else of it. The rows
-- are read under that tenant's policies.
CREATE FUNCTION routing.tenant_of_followup(wanted uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT tenant FROM routing.followup WHERE followup_id = wanted
$$;

-- Histories are only added to, but for this: a customer takes back their own words. What
-- colleagues wrote, and that something was written, stays.
GRANT UPDATE (note) ON routing.followup_change TO closedloop_routing;
CREATE FUNCTION routing.erase_customers_words(wanted uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE routing.followup_change SET note = NULL
    WHERE followup_id = wanted AND tenant = current_setting('closedloop.tenant')
      AND actor = 'customer' AND note IS NOT NULL
$$;

GRANT CREATE ON SCHEMA routing TO closedloop_routing;
ALTER FUNCTION routing.tenant_of_followup(uuid) OWNER TO closedloop_routing;
ALTER FUNCTION routing.erase_customers_words(uuid) OWNER TO closedloop_routing;
REVOKE CREATE ON SCHEMA routing FROM closedloop_routing;
REVOKE ALL ON FUNCTION routing.tenant_of_followup(uuid), routing.erase_customers_words(uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION routing.tenant_of_followup(uuid), routing.erase_customers_words(uuid)
    TO closedloop_routing_api;

-- migrate:down
