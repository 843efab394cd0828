-- migrate:up
SET lock_timeout = '5s';

-- Whom a note names; `version` is the follow-up's that the note made. The words are in its history.
CREATE TABLE routing.mention (
    followup_id uuid NOT NULL,
    version int NOT NULL,
    tenant text NOT NULL,
    whom text NOT NULL,
    by text NOT NULL,
    by_name text NOT NULL,
    at timestamptz NOT NULL,
    seen_at timestamptz,
    PRIMARY KEY (followup_id, version, whom)
);
CREATE INDEX mention_unseen ON routing.mention (tenant, whom, at) WHERE seen_at IS NULL;
GRANT SELECT, INSERT, UPDATE (seen_at) ON routing.mention TO closedloop_routing_api;
ALTER TABLE routing.mention ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.mention FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON routing.mention TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
