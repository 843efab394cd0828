-- migrate:up
SET lock_timeout = '5s';

-- What somebody has typed into a form of a case and not sent: one a person, case and form, seen by
-- nobody else. `fields` are the form's, by name.
CREATE TABLE routing.draft (
    tenant text NOT NULL,
    followup_id uuid NOT NULL,
    person text NOT NULL,
    form text NOT NULL,
    fields jsonb NOT NULL,
    saved_at timestamptz NOT NULL,
    PRIMARY KEY (followup_id, person, form)
);
CREATE INDEX draft_saved_at ON routing.draft (saved_at);

GRANT SELECT, INSERT, DELETE, UPDATE (fields, saved_at) ON routing.draft TO closedloop_routing_api;
GRANT SELECT, DELETE ON routing.draft TO closedloop_routing;
ALTER TABLE routing.draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.draft FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.draft TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.draft TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
