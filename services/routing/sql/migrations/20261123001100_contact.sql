-- migrate:up
SET lock_timeout = '5s';

-- How somebody tried to reach a customer, and what came of it; `version` is the follow-up's at
-- which it was logged. Nobody can change or delete one.
CREATE TABLE routing.contact_attempt (
    followup_id uuid NOT NULL,
    version int NOT NULL,
    tenant text NOT NULL,
    channel text NOT NULL,
    outcome text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_name text NOT NULL,
    note text,
    PRIMARY KEY (followup_id, version)
);
GRANT SELECT, INSERT ON routing.contact_attempt TO closedloop_routing_api;
GRANT SELECT ON routing.contact_attempt TO closedloop_routing;
ALTER TABLE routing.contact_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.contact_attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.contact_attempt TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.contact_attempt TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
