-- migrate:up
SET lock_timeout = '5s';

-- Where a tenant wants to be told of changes. The secret that signs is computed from the salt and
-- is stored nowhere; the mark tells when the salt's other half, CLOSEDLOOP_SECRET, has changed.
CREATE TABLE routing.webhook (
    webhook_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    version int NOT NULL CHECK (version >= 1),
    url text NOT NULL,
    events text[] NOT NULL CHECK (cardinality(events) > 0),
    description text NOT NULL,
    salt bytea NOT NULL,
    mark bytea NOT NULL,
    previous_salt bytea,
    previous_until timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    disabled_at timestamptz,
    disabled_why text,
    gave_up boolean NOT NULL DEFAULT false,   -- it was the notifier that disabled it
    -- how it went, as the notifier saw it
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_failure text,
    failing_since timestamptz,
    failures int NOT NULL DEFAULT 0,
    CONSTRAINT previous_as_a_whole CHECK (num_nulls(previous_salt, previous_until) IN (0, 2)),
    CONSTRAINT disabled_with_a_reason CHECK (num_nulls(disabled_at, disabled_why) IN (0, 2))
);
CREATE INDEX webhook_by_tenant ON routing.webhook (tenant, webhook_id);

-- What is to be delivered to whom. Of one lane (a follow-up) a later position waits for the
-- earlier ones. No foreign key: who adds deliveries holds the webhook's row (see lock_endpoints).
CREATE TABLE routing.delivery (
    delivery_id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant text NOT NULL,
    webhook_id uuid NOT NULL,
    message_id text NOT NULL,
    event text NOT NULL,
    lane uuid NOT NULL,
    position int NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_attempt_at timestamptz,
    delivered_at timestamptz,
    answer int,   -- the HTTP status of the last attempt
    fault text,
    UNIQUE (webhook_id, message_id)
);
CREATE INDEX delivery_due ON routing.delivery (webhook_id, due_at, delivery_id)
    WHERE state = 'pending';
CREATE INDEX delivery_lane ON routing.delivery (webhook_id, lane, position)
    WHERE state = 'pending';
CREATE INDEX delivery_failed ON routing.delivery (webhook_id) WHERE state = 'failed';
CREATE INDEX delivery_latest ON routing.delivery (webhook_id, delivery_id DESC);
CREATE INDEX delivery_settled ON routing.delivery (last_attempt_at) WHERE state <> 'pending';

-- A replay reads the changes since a moment; they lie in the order in which they were made.
CREATE INDEX followup_change_since ON routing.followup_change USING brin (changed_at);

GRANT SELECT, UPDATE ON routing.webhook TO closedloop_routing;
GRANT SELECT, INSERT, UPDATE, DELETE ON routing.delivery TO closedloop_routing;
GRANT SELECT, INSERT, UPDATE, DELETE ON routing.webhook TO closedloop_routing_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON routing.delivery TO closedloop_routing_api;

DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['webhook', 'delivery']
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
