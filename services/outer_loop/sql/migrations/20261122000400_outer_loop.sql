-- migrate:up
SET lock_timeout = '5s';

CREATE SCHEMA outer_loop;
GRANT USAGE ON SCHEMA outer_loop TO closedloop_outer_loop, closedloop_outer_loop_api;

-- Who said something, where and when: the n beside every count.
CREATE TABLE outer_loop.feedback_fact (
    feedback_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    tenant text NOT NULL,
    customer_id text NOT NULL,
    touchpoint text NOT NULL,
    department text NOT NULL,
    category text NOT NULL,
    severity text NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (feedback_id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX feedback_fact_by_time ON outer_loop.feedback_fact (tenant, occurred_at);
CREATE INDEX feedback_fact_by_touchpoint
    ON outer_loop.feedback_fact (tenant, touchpoint, occurred_at);

-- Every version of every follow-up, as it came. A cause confirmed in one of them counts
-- towards the threshold; the counts that people see come from the latest version.
CREATE TABLE outer_loop.followup_version (
    followup_id uuid NOT NULL,
    version int NOT NULL,
    changed_at timestamptz NOT NULL,
    tenant text NOT NULL,
    customer_id text NOT NULL,
    touchpoint text NOT NULL,
    department text NOT NULL,
    what text,
    why text,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (followup_id, version, changed_at)
) PARTITION BY RANGE (changed_at);
CREATE INDEX followup_version_by_cause
    ON outer_loop.followup_version (tenant, touchpoint, what) WHERE what IS NOT NULL;

-- Each follow-up at its latest version, with the cause that its owner stands by, if any.
CREATE TABLE outer_loop.root_cause_fact (
    followup_id uuid PRIMARY KEY,
    version int NOT NULL,
    tenant text NOT NULL,
    customer_id text NOT NULL,
    touchpoint text NOT NULL,
    department text NOT NULL,
    state text NOT NULL,
    severity text NOT NULL,
    what text,
    why text,
    occurred_at timestamptz NOT NULL,
    resolved_at timestamptz,
    changed_at timestamptz NOT NULL,
    CHECK ((what IS NULL) = (why IS NULL))
);
CREATE INDEX root_cause_fact_by_cause
    ON outer_loop.root_cause_fact (tenant, touchpoint, what, occurred_at) WHERE what IS NOT NULL;
CREATE INDEX root_cause_fact_by_time
    ON outer_loop.root_cause_fact (tenant, occurred_at) WHERE what IS NOT NULL;

CREATE TABLE outer_loop.systemic_issue (
    issue_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    touchpoint text NOT NULL,
    what text NOT NULL,
    threshold_customers int NOT NULL,
    threshold_days int NOT NULL,
    program_version int NOT NULL,
    opened_at timestamptz NOT NULL,
    CONSTRAINT one_issue_for_a_cause UNIQUE (tenant, touchpoint, what)
);

CREATE TABLE outer_loop.systemic_issue_department (
    issue_id uuid NOT NULL REFERENCES outer_loop.systemic_issue,
    tenant text NOT NULL,
    department text NOT NULL,
    PRIMARY KEY (issue_id, department)
);

CREATE TABLE outer_loop.action_plan (
    plan_id uuid PRIMARY KEY,
    issue_id uuid NOT NULL REFERENCES outer_loop.systemic_issue,
    tenant text NOT NULL,
    version int NOT NULL,
    state text NOT NULL,
    held_from text,
    summary text NOT NULL,
    reason text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CHECK ((state = 'on_hold') = (held_from IS NOT NULL)),
    CHECK (state NOT IN ('rejected', 'on_hold') OR reason <> '')
);
CREATE INDEX action_plan_by_issue ON outer_loop.action_plan (issue_id);
CREATE INDEX action_plan_by_tenant ON outer_loop.action_plan (tenant, state);

CREATE TABLE outer_loop.action_item (
    item_id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES outer_loop.action_plan,
    tenant text NOT NULL,
    place int NOT NULL,  -- the order in which the plan lists its items, from 0
    department text NOT NULL,
    owner text NOT NULL,
    due_on date NOT NULL,
    description text NOT NULL,
    effect_metric text,
    effect_change_percent double precision,
    effect_by date,
    done_on date,
    CHECK (num_nulls(effect_metric, effect_change_percent, effect_by) IN (0, 3))
);
CREATE INDEX action_item_by_plan ON outer_loop.action_item (plan_id);

-- One row for each department concerned, from the day of the review on.
CREATE TABLE outer_loop.plan_decision (
    plan_id uuid NOT NULL REFERENCES outer_loop.action_plan,
    department text NOT NULL,
    tenant text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('awaited', 'approved', 'rejected')),
    reason text NOT NULL,
    decided_by text,
    decided_at timestamptz,
    PRIMARY KEY (plan_id, department),
    CHECK ((verdict = 'awaited') = (decided_at IS NULL)),
    CHECK (verdict <> 'rejected' OR reason <> '')
);

-- Every change of an issue or a plan, with the message that was published, byte for byte.
-- `followup_id` and `followup_version` name the event that opened the issue, so that the event,
-- coming again, leads to the same message.
CREATE TABLE outer_loop.change (
    thing_id uuid NOT NULL,
    version int NOT NULL,
    changed_at timestamptz NOT NULL,
    tenant text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('systemic_issue', 'action_plan')),
    issue_id uuid NOT NULL,
    change text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    message bytea NOT NULL,
    followup_id uuid,
    followup_version int,
    PRIMARY KEY (thing_id, version, changed_at)
) PARTITION BY RANGE (changed_at);
CREATE INDEX change_by_event ON outer_loop.change (followup_id, followup_version)
    WHERE followup_id IS NOT NULL;
CREATE INDEX change_by_issue ON outer_loop.change (issue_id, changed_at);

-- What a command was answered, for a client that sends it again.
CREATE TABLE outer_loop.idempotency (
    tenant text NOT NULL,
    subject text NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    status int,
    body bytea,
    etag text,
    location text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, subject, key)
);
CREATE INDEX idempotency_by_age ON outer_loop.idempotency (tenant, created_at);

CREATE TABLE outer_loop.outbox (LIKE ground.outbox INCLUDING ALL);

SELECT ground.ensure_month_partitions('outer_loop.feedback_fact', 3);
SELECT ground.ensure_month_partitions('outer_loop.followup_version', 3);
SELECT ground.ensure_month_partitions('outer_loop.change', 3);

-- The worker sees every tenant, a request its own.
DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'feedback_fact', 'followup_version', 'root_cause_fact', 'systemic_issue',
        'systemic_issue_department', 'action_plan', 'action_item', 'plan_decision', 'change',
        'idempotency']
    LOOP
        EXECUTE format('ALTER TABLE outer_loop.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE outer_loop.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY every_tenant ON outer_loop.%I TO closedloop_outer_loop USING (true)',
            table_name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON outer_loop.%I TO closedloop_outer_loop_api '
            'USING (tenant = current_setting(''closedloop.tenant'', true))', table_name);
    END LOOP;
END $$;

GRANT SELECT, INSERT ON
    outer_loop.feedback_fact, outer_loop.followup_version, outer_loop.systemic_issue,
    outer_loop.systemic_issue_department, outer_loop.change TO closedloop_outer_loop;
GRANT SELECT, INSERT, UPDATE ON outer_loop.root_cause_fact TO closedloop_outer_loop;
GRANT SELECT, INSERT, UPDATE, DELETE ON outer_loop.outbox TO closedloop_outer_loop;
GRANT SELECT ON outer_loop.action_plan, outer_loop.action_item, outer_loop.plan_decision
    TO closedloop_outer_loop;

GRANT SELECT ON
    outer_loop.feedback_fact, outer_loop.followup_version, outer_loop.root_cause_fact,
    outer_loop.systemic_issue, outer_loop.systemic_issue_department
    TO closedloop_outer_loop_api;
GRANT SELECT, INSERT ON outer_loop.change TO closedloop_outer_loop_api;
GRANT SELECT, INSERT, UPDATE ON outer_loop.action_plan, outer_loop.plan_decision
    TO closedloop_outer_loop_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON outer_loop.action_item, outer_loop.idempotency
    TO closedloop_outer_loop_api;
GRANT INSERT ON outer_loop.outbox TO closedloop_outer_loop_api;

-- migrate:down
