-- migrate:up
SET lock_timeout = '5s';

CREATE SCHEMA routing;
GRANT USAGE ON SCHEMA routing TO closedloop_routing, closedloop_routing_api;

-- Each follow-up as it stands.
CREATE TABLE routing.followup (
    followup_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    feedback_id uuid NOT NULL UNIQUE,   -- one follow-up for an event, ever
    version int NOT NULL CHECK (version >= 1),
    state text NOT NULL,
    is_open boolean GENERATED ALWAYS AS (state IN (
        'new', 'assigned', 'acknowledged', 'contacting', 'in_progress', 'waiting_customer',
        'reopened')) STORED,
    team text NOT NULL,
    department text NOT NULL,
    owner text,
    turn_place int NOT NULL,
    turn_size int NOT NULL,
    -- what the customer said
    customer_id text NOT NULL,
    segment text,
    touchpoint text NOT NULL,
    listening_post text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    text text,
    language text,
    scale text,
    value double precision,
    contact_name text,
    contact_email text,
    contact_phone text,
    -- how it was judged
    category text NOT NULL,
    severity text NOT NULL,
    rule text,
    reason text NOT NULL,
    program_version int NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- how it was solved
    cause_what text,
    cause_why text,
    action_taken text,
    resolved_at timestamptz,
    CONSTRAINT solved_as_a_whole CHECK (
        num_nulls(cause_what, cause_why, action_taken, resolved_at) IN (0, 4)),
    CONSTRAINT resolved_with_cause CHECK (
        state NOT IN ('resolved', 'verified') OR resolved_at IS NOT NULL)
);
CREATE INDEX followup_open_by_due ON routing.followup (tenant, due_at, followup_id)
    WHERE is_open;
CREATE INDEX followup_open_by_owner ON routing.followup (tenant, owner, due_at, followup_id)
    WHERE is_open;
CREATE INDEX followup_open_by_team ON routing.followup (tenant, team, due_at, followup_id)
    WHERE is_open;
CREATE INDEX followup_by_due ON routing.followup (tenant, due_at, followup_id);

-- Every change of every follow-up; `message` is the event as it was published, to the byte.
CREATE TABLE routing.followup_change (
    followup_id uuid NOT NULL,
    version int NOT NULL,
    changed_at timestamptz NOT NULL,
    tenant text NOT NULL,
    change text NOT NULL,
    state text NOT NULL,
    owner text,
    actor text NOT NULL,
    actor_name text NOT NULL,
    note text,
    message text NOT NULL,
    PRIMARY KEY (followup_id, version, changed_at)
) PARTITION BY RANGE (changed_at);
SELECT ground.ensure_month_partitions('routing.followup_change', 2);

-- How many follow-ups each team's rotation has given out.
CREATE TABLE routing.rotation (
    tenant text NOT NULL,
    team text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, team)
);

-- The answers to requests that carried an Idempotency-Key, for a day.
CREATE TABLE routing.idempotency (
    tenant text NOT NULL,
    subject text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status int,
    body text,
    etag text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, subject, key)
);
CREATE INDEX idempotency_created_at ON routing.idempotency (created_at);

CREATE TABLE routing.outbox (LIKE ground.outbox INCLUDING ALL);

GRANT SELECT, INSERT ON routing.followup TO closedloop_routing;
GRANT SELECT, INSERT ON routing.followup_change TO closedloop_routing;
GRANT SELECT, INSERT, UPDATE ON routing.rotation TO closedloop_routing;
GRANT SELECT, INSERT, UPDATE, DELETE ON routing.outbox TO closedloop_routing;

GRANT SELECT, UPDATE ON routing.followup TO closedloop_routing_api;
GRANT SELECT, INSERT ON routing.followup_change TO closedloop_routing_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON routing.idempotency TO closedloop_routing_api;
GRANT INSERT ON routing.outbox TO closedloop_routing_api;

-- The worker sees every tenant; a request sees its own.
DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['followup', 'followup_change', 'idempotency', 'rotation']
    LOOP
        EXECUTE format('ALTER TABLE routing.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE routing.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY every_tenant ON routing.%I TO closedloop_routing USING (true)',
            table_name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON routing.%I TO closedloop_routing_api'
            ' USING (tenant = current_setting(''closedloop.tenant'', true))', table_name);
    END LOOP;
END $$;

-- migrate:down
