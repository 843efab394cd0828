-- migrate:up
SET lock_timeout = '5s';

-- That an issue came back after a plan had worked: once for each plan. `since` is when the window
-- began that says so, `customers` how many it takes, by program and by chance.
CREATE TABLE outer_loop.recurrence (
    plan_id uuid PRIMARY KEY REFERENCES outer_loop.action_plan,
    issue_id uuid NOT NULL REFERENCES outer_loop.systemic_issue,
    tenant text NOT NULL,
    customers int NOT NULL,
    days int NOT NULL,
    since timestamptz NOT NULL,
    program_version int NOT NULL,
    recurred_at timestamptz NOT NULL
);
CREATE INDEX recurrence_by_issue ON outer_loop.recurrence (tenant, issue_id);

ALTER TABLE outer_loop.recurrence ENABLE ROW LEVEL SECURITY;
ALTER TABLE outer_loop.recurrence FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON outer_loop.recurrence TO closedloop_outer_loop USING (true);
CREATE POLICY own_tenant ON outer_loop.recurrence TO closedloop_outer_loop_api
    USING (tenant = current_setting('closedloop.tenant', true));
GRANT SELECT, INSERT ON outer_loop.recurrence TO closedloop_outer_loop;
GRANT SELECT ON outer_loop.recurrence TO closedloop_outer_loop_api;

-- migrate:down
