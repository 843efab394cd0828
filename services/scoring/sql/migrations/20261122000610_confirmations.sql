-- migrate:up
SET lock_timeout = '5s';

-- What owners say went wrong: a row for every version of every follow-up. Of one follow-up the
-- highest version counts; without a cause it says that the owner stands by none, or none yet.
CREATE TABLE scoring.confirmation (
    followup_id uuid NOT NULL,
    version int NOT NULL,
    changed_at timestamptz NOT NULL,
    tenant text NOT NULL,
    feedback_id uuid NOT NULL,
    what text,
    why text,
    confirmed_at timestamptz,
    PRIMARY KEY (followup_id, version, changed_at),
    CONSTRAINT whole_or_none CHECK (
        (what IS NULL) = (why IS NULL) AND (what IS NULL) = (confirmed_at IS NULL))
) PARTITION BY RANGE (changed_at);
SELECT ground.ensure_month_partitions('scoring.confirmation', 3);
CREATE INDEX confirmation_of_tenant
    ON scoring.confirmation (tenant, followup_id, version DESC);

GRANT SELECT, INSERT ON scoring.confirmation TO closedloop_scoring;
GRANT SELECT ON scoring.confirmation TO closedloop_scoring_api;

ALTER TABLE scoring.confirmation ENABLE ROW LEVEL SECURITY;
ALTER TABLE scoring.confirmation FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON scoring.confirmation TO closedloop_scoring USING (true) WITH CHECK (true);
CREATE POLICY one_tenant ON scoring.confirmation FOR SELECT TO closedloop_scoring_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
