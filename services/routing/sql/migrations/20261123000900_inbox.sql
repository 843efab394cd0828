-- migrate:up
SET lock_timeout = '5s';

-- Lists walk this index and nothing else: what they filter by is in it (docs/adr/0011).
CREATE INDEX followup_open_list ON routing.followup (tenant, breach_at, followup_id)
    INCLUDE (owner, team, state, severity, touchpoint, segment, language, rule, opened_at,
             assigned_as_last_resort)
    WHERE is_open;
DROP INDEX routing.followup_open_by_due, routing.followup_open_by_owner,
    routing.followup_open_by_team;
-- The counts of a view come from the index alone, too.
CREATE INDEX followup_open_by_owner ON routing.followup (tenant, owner, breach_at, followup_id)
    INCLUDE (team, state) WHERE is_open;
CREATE INDEX followup_open_by_team ON routing.followup (tenant, team, breach_at, followup_id)
    INCLUDE (owner, state) WHERE is_open;

-- Words are looked for by trigrams, in what open follow-ups hold.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The characters of scripts that put no spaces between words are doubled: two of them, a whole
-- word in Chinese, then make a trigram that the index knows.
CREATE FUNCTION routing.searchable(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(
        lower(coalesce(said, '')),
        '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])',
        '\1\1', 'g')
$$;

ALTER TABLE routing.followup ADD COLUMN searched text GENERATED ALWAYS AS (
    CASE WHEN state IN ('new', 'assigned', 'acknowledged', 'contacting', 'in_progress',
                        'waiting_customer', 'reopened')
         THEN routing.searchable(coalesce(text, '') || ' ' || coalesce(contact_name, '') || ' '
                                 || coalesce(contact_email, '') || ' ' || customer_id)
    END) STORED;
-- The list of what is not merged in yet is read by every search: kept short.
CREATE INDEX followup_open_words ON routing.followup USING gin (searched gin_trgm_ops)
    WITH (gin_pending_list_limit = 256) WHERE is_open;

-- LIKE is not leakproof: under row-level security it is never handed to an index. This asks the
-- index as the worker's role, for the tenant of the transaction, and gives ids alone; whoever
-- calls it reads the rows under its own policies.
CREATE FUNCTION routing.followups_with(patterns text[], most int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT followup_id FROM routing.followup
    WHERE is_open AND tenant = current_setting('closedloop.tenant')
      AND searched LIKE patterns[1] AND searched LIKE coalesce(patterns[2], '%')
      AND searched LIKE coalesce(patterns[3], '%')
    LIMIT most;
END $$;
GRANT CREATE ON SCHEMA routing TO closedloop_routing;
ALTER FUNCTION routing.followups_with(text[], int) OWNER TO closedloop_routing;
REVOKE CREATE ON SCHEMA routing FROM closedloop_routing;
REVOKE ALL ON FUNCTION routing.followups_with(text[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION routing.followups_with(text[], int) TO closedloop_routing_api;

-- migrate:down
