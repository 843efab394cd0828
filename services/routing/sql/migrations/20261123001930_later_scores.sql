-- migrate:up
SET lock_timeout = '5s';

-- What a customer said of us, at any touchpoint, after their follow-up was resolved: of what they
-- have said within the window the last, and only how it was judged. No words.
CREATE TABLE routing.later_score (
    followup_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    said_at timestamptz NOT NULL,
    category text NOT NULL CHECK (category IN ('detractor', 'passive', 'promoter')),
    scale text,
    value double precision,
    CONSTRAINT rated_as_a_whole CHECK (num_nulls(scale, value) IN (0, 2))
);
GRANT SELECT, INSERT, UPDATE ON routing.later_score TO closedloop_routing;
-- A customer may have it erased.
GRANT SELECT, DELETE ON routing.later_score TO closedloop_routing_api;
ALTER TABLE routing.later_score ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.later_score FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.later_score TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.later_score TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
