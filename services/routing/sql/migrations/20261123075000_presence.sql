-- migrate:up
SET lock_timeout = '5s';

-- Who has a case open. Worth nothing after a crash, so it is not logged.
CREATE UNLOGGED TABLE routing.presence (
    tenant text NOT NULL,
    followup_id uuid NOT NULL,
    person text NOT NULL,
    name text NOT NULL,
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (followup_id, person)
);
CREATE INDEX presence_seen_at ON routing.presence (tenant, seen_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON routing.presence TO closedloop_routing_api;
ALTER TABLE routing.presence ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.presence FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON routing.presence TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
