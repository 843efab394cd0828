-- migrate:up
SET lock_timeout = '5s';

-- Which follow-up went into which; `version` is that of the one that went when it did, and
-- `state_before` what splitting brings back. One goes into one other at a time.
CREATE TABLE routing.merge (
    followup_id uuid NOT NULL,
    version int NOT NULL,
    into_id uuid NOT NULL CHECK (into_id <> followup_id),
    tenant text NOT NULL,
    state_before text NOT NULL CHECK (state_before <> 'merged'),
    merged_at timestamptz NOT NULL,
    by text NOT NULL,
    by_name text NOT NULL,
    split_at timestamptz,
    PRIMARY KEY (followup_id, version)
);
CREATE UNIQUE INDEX merge_once ON routing.merge (followup_id) WHERE split_at IS NULL;
CREATE INDEX merge_into ON routing.merge (into_id) WHERE split_at IS NULL;

GRANT SELECT, INSERT, UPDATE (split_at) ON routing.merge TO closedloop_routing_api;
GRANT SELECT ON routing.merge TO closedloop_routing;
ALTER TABLE routing.merge ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.merge FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.merge TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.merge TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
