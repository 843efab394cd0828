-- migrate:up
SET lock_timeout = '5s';

-- Customers who are told what changed because of them, one row for each and each communication of
-- the outer loop. The mail is kept in the parts around the link to the customer's page, which is
-- put in when it is sent. `named_id` is the follow-up that the outer loop named.
CREATE TABLE routing.loop_communication (
    telling_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    communication_id uuid NOT NULL,
    issue_id uuid NOT NULL,
    named_id uuid NOT NULL,
    customer_id text NOT NULL,
    texts jsonb NOT NULL,
    approved_by text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'not_reachable')),
    why_not text,
    settled_at timestamptz,
    language text,
    sender_name text NOT NULL DEFAULT '',
    sender text NOT NULL DEFAULT '',
    recipient text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    opening text NOT NULL DEFAULT '',
    link_line text NOT NULL DEFAULT '',
    ending text NOT NULL DEFAULT '',
    attempts int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    last_attempt_at timestamptz,
    answer int,   -- the mail server's code at the last attempt
    fault text,
    CHECK ((state = 'not_reachable') = (why_not IS NOT NULL)),
    CHECK ((state = 'queued') = (settled_at IS NULL))
);
-- Nobody is told twice about one issue, whatever the outer loop asks for.
CREATE UNIQUE INDEX loop_communication_once
    ON routing.loop_communication (tenant, issue_id, customer_id) WHERE state <> 'not_reachable';
CREATE INDEX loop_communication_due ON routing.loop_communication (due_at, telling_id)
    WHERE state = 'queued';
CREATE INDEX loop_communication_by_customer
    ON routing.loop_communication (tenant, customer_id, created_at);
CREATE INDEX loop_communication_by_followup ON routing.loop_communication (named_id);

GRANT SELECT, INSERT, UPDATE ON routing.loop_communication TO closedloop_routing;
GRANT SELECT ON routing.loop_communication TO closedloop_routing_api;
ALTER TABLE routing.loop_communication ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.loop_communication FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.loop_communication TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.loop_communication TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- Mails name the customer and their address: that goes with their words. One that was not sent is
-- not sent any more: the notifier finds it without an address, and says so.
CREATE FUNCTION routing.erase_loop_communications(wanted uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE routing.loop_communication
    SET recipient = '', opening = '', claimed_until = NULL
    WHERE named_id = wanted AND tenant = current_setting('closedloop.tenant')
$$;
GRANT CREATE ON SCHEMA routing TO closedloop_routing;
ALTER FUNCTION routing.erase_loop_communications(uuid) OWNER TO closedloop_routing;
REVOKE CREATE ON SCHEMA routing FROM closedloop_routing;
REVOKE ALL ON FUNCTION routing.erase_loop_communications(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION routing.erase_loop_communications(uuid) TO closedloop_routing_api;

-- migrate:down
