-- migrate:up
SET lock_timeout = '5s';

-- Filters of the inbox that people keep under a name; `query` is what stands behind the list's
-- question mark. One with a team is seen by everybody of the team.
CREATE TABLE routing.saved_view (
    view_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    maker text NOT NULL,
    maker_name text NOT NULL,
    version int NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    team text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    UNIQUE (tenant, maker, name)
);
CREATE INDEX saved_view_shared ON routing.saved_view (tenant, team) WHERE team IS NOT NULL;
GRANT SELECT, INSERT, DELETE, UPDATE (version, name, query, team, changed_at)
    ON routing.saved_view TO closedloop_routing_api;
ALTER TABLE routing.saved_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.saved_view FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON routing.saved_view TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
