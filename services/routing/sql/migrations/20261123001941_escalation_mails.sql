-- migrate:up
SET lock_timeout = '5s';

-- That somebody is to be told of an escalation by mail: one row each, written with it. `letter_id`
-- is the mail that tells of it, alone or with others; null until that is written.
CREATE TABLE routing.alert (
    alert_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    followup_id uuid NOT NULL,
    version int NOT NULL,   -- of the follow-up and of its escalation
    customer_id text NOT NULL,
    step text NOT NULL,
    level smallint NOT NULL,
    share double precision NOT NULL,
    deadline timestamptz NOT NULL,
    whom text NOT NULL,
    name text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    fired_at timestamptz NOT NULL,
    letter_id uuid,
    written_at timestamptz,
    UNIQUE (followup_id, version)
);
CREATE INDEX alert_waiting ON routing.alert (tenant, whom) WHERE letter_id IS NULL;
CREATE INDEX alert_written ON routing.alert (tenant, whom, written_at)
    WHERE written_at IS NOT NULL;

-- Mails to staff on their way. What was written never changes.
CREATE TABLE routing.staff_letter (
    letter_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    language text NOT NULL,
    sender_name text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
    attempts int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    last_attempt_at timestamptz,
    sent_at timestamptz,
    answer int,   -- the mail server's code at the last attempt
    fault text
);
CREATE INDEX staff_letter_due ON routing.staff_letter (due_at, letter_id)
    WHERE state = 'queued';

GRANT SELECT ON routing.alert, routing.staff_letter TO closedloop_routing_api;
GRANT SELECT, INSERT, UPDATE (letter_id, written_at) ON routing.alert TO closedloop_routing;
GRANT SELECT, INSERT, UPDATE (state, attempts, due_at, claimed_until, last_attempt_at, sent_at,
                              answer, fault) ON routing.staff_letter TO closedloop_routing;

DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['alert', 'staff_letter']
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
