-- migrate:up
SET lock_timeout = '5s';

-- The clock process finds by these what there is to do. `next_alarm_at` is when somebody is to be
-- told of a step that is not done: null when nobody is. `timed_by` is the version of the program
-- that the deadlines are counted by: 0 when a release opened it that kept no alarms, so that the
-- clock process puts it on the clock anew. `escalation_level` is how far up it was told in its
-- present round: 0 nobody, 1 its owner, 2 the team's lead, 3 the department's head.
ALTER TABLE routing.followup
    ADD COLUMN next_alarm_at timestamptz,
    ADD COLUMN timed_by int NOT NULL DEFAULT 0,
    ADD COLUMN escalation_level smallint NOT NULL DEFAULT 0;
CREATE INDEX followup_alarm ON routing.followup (next_alarm_at) WHERE next_alarm_at IS NOT NULL;
CREATE INDEX followup_timed_by ON routing.followup (tenant, timed_by) WHERE is_open;
CREATE INDEX followup_escalated ON routing.followup (tenant, breach_at, followup_id)
    WHERE escalation_level >= 2;

-- Who was told of what: once for each step, level and round of a follow-up.
CREATE TABLE routing.escalation (
    followup_id uuid NOT NULL,
    round int NOT NULL CHECK (round >= 1),
    step text NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
    tenant text NOT NULL,
    share double precision NOT NULL,
    told text,              -- null where the program has nobody for it any more
    due_at timestamptz NOT NULL,
    fired_at timestamptz NOT NULL,
    version int NOT NULL,   -- of the follow-up, when it was told
    program_version int NOT NULL,
    PRIMARY KEY (followup_id, round, step, level),
    UNIQUE (followup_id, version)
);

GRANT UPDATE ON routing.followup TO closedloop_routing;
GRANT SELECT, INSERT ON routing.escalation TO closedloop_routing;
GRANT SELECT ON routing.escalation TO closedloop_routing_api;

ALTER TABLE routing.escalation ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.escalation FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.escalation TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.escalation TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
