-- migrate:up
SET lock_timeout = '5s';

-- Open inboxes hear of every change in the transaction that makes it, whoever makes it: one
-- notification a statement and tenant, which says whose follow-ups and not which.
CREATE FUNCTION routing.tell_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM routing.tell(tenant, array_agg(DISTINCT team), array_agg(DISTINCT owner))
        FROM after GROUP BY tenant;
    ELSE
        PERFORM routing.tell(tenant, array_agg(DISTINCT team), array_agg(DISTINCT owner))
        FROM (SELECT tenant, team, owner FROM before
              UNION ALL SELECT tenant, team, owner FROM after) AS touched
        GROUP BY tenant;
    END IF;
    RETURN NULL;
END $$;

-- A notification holds 8000 bytes: where the names do not fit, it may be anybody's.
CREATE FUNCTION routing.tell(tenant text, teams text[], owners text[]) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_notify('routing_followup', CASE
        WHEN octet_length(named) < 7900 THEN named
        ELSE json_build_object('tenant', tenant)::text END)
    FROM (SELECT json_build_object('tenant', tenant, 'teams', teams, 'owners', owners)::text)
         AS told (named)
$$;

CREATE TRIGGER tell_of_opening AFTER INSERT ON routing.followup
    REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION routing.tell_of_change();
CREATE TRIGGER tell_of_change AFTER UPDATE ON routing.followup
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION routing.tell_of_change();

-- migrate:down
