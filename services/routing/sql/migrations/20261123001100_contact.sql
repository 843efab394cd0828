-- migrate:up
SET lock_timeout = '5s';

-- How somebody tried to reach a customer, and what came of it; `version` is the follow-up's at
-- which it was logged. Nobody can change or delete one.
CREATE TABLE routing.contact_attempt (
    followup_id uuid NOT NULL,
    version int NOT NULL,
    tenant text NOT NULL,
    channel text NOT NULL,
    outcome text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    by_name text NOT NULL,
    note text,
    PRIMARY KEY (followup_id, version)
);
GRANT SELECT, INSERT ON routing.contact_attempt TO closedloop_routing_api;
GRANT SELECT ON routing.contact_attempt TO closedloop_routing;
ALTER TABLE routing.contact_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.contact_attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.contact_attempt TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.contact_attempt TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- Mails to customers. What was written never changes; the notifier notes what became of it.
CREATE TABLE routing.reply (
    reply_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    followup_id uuid NOT NULL,
    version int NOT NULL,
    language text NOT NULL,
    sender_name text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    written text NOT NULL,
    by text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
    attempts int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    last_attempt_at timestamptz,
    sent_at timestamptz,
    answer int,   -- the mail server's code at the last attempt
    fault text,
    UNIQUE (followup_id, version)
);
CREATE INDEX reply_due ON routing.reply (due_at, reply_id) WHERE state = 'queued';
GRANT SELECT, INSERT ON routing.reply TO closedloop_routing_api;
GRANT SELECT, UPDATE (state, attempts, due_at, claimed_until, last_attempt_at, sent_at, answer,
                      fault) ON routing.reply TO closedloop_routing;
ALTER TABLE routing.reply ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.reply FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.reply TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.reply TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
