-- migrate:up
SET lock_timeout = '5s';

-- What the outer loop told of systemic issues and of the plans for them, each as its highest
-- version says. A follow-up belongs to the issue of its touchpoint and of what went wrong.
CREATE TABLE routing.systemic_issue (
    issue_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    touchpoint text NOT NULL,
    what text NOT NULL,
    customers int NOT NULL,
    state text NOT NULL,
    version int NOT NULL
);
CREATE INDEX systemic_issue_by_touchpoint ON routing.systemic_issue (tenant, touchpoint);

CREATE TABLE routing.action_plan (
    plan_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    issue_id uuid NOT NULL,
    customers int NOT NULL,
    state text NOT NULL,
    changed_at timestamptz NOT NULL,
    version int NOT NULL
);
CREATE INDEX action_plan_by_issue ON routing.action_plan (issue_id, changed_at DESC);

DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['systemic_issue', 'action_plan']
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON routing.%I TO closedloop_routing', table_name);
        EXECUTE format('GRANT SELECT ON routing.%I TO closedloop_routing_api', table_name);
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

-- migrate:down
