-- migrate:up
SET lock_timeout = '5s';

-- Replies that go to customers by a webhook of the tenant's own. What was written never changes.
-- `webhook_id` is whom it was given to; while there is no delivery of it, it waits for one.
-- Delivered or failed at last by what the receiver reported, which `reported_at` then says.
CREATE TABLE routing.channel_reply (
    reply_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    followup_id uuid NOT NULL,
    version int NOT NULL,
    customer_id text NOT NULL,
    channel text NOT NULL,
    channel_name text NOT NULL,
    webhook_id uuid NOT NULL,
    language text NOT NULL,
    recipient text NOT NULL,
    body text NOT NULL,
    written text NOT NULL,
    by text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'sent', 'delivered', 'failed')),
    settled_at timestamptz,
    reported_at timestamptz,
    fault text,
    UNIQUE (followup_id, version)
);
CREATE INDEX channel_reply_waiting ON routing.channel_reply (tenant, channel, created_at)
    WHERE state = 'queued';

GRANT SELECT, INSERT, UPDATE (state, settled_at, reported_at, fault) ON routing.channel_reply
    TO closedloop_routing_api;
GRANT SELECT, UPDATE (webhook_id, state, settled_at, fault, recipient, body, written)
    ON routing.channel_reply TO closedloop_routing;
ALTER TABLE routing.channel_reply ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.channel_reply FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.channel_reply TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.channel_reply TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- Nothing but erasing is ever made of what was written.
CREATE FUNCTION routing.only_erase_channel_reply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.recipient, NEW.body, NEW.written) <> ('', '', '') THEN
        RAISE insufficient_privilege USING MESSAGE = 'A reply is erased whole or stays as it is.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER only_erase BEFORE UPDATE OF recipient, body, written ON routing.channel_reply
    FOR EACH ROW EXECUTE FUNCTION routing.only_erase_channel_reply();

-- It goes with its customer's words, and so does the message that carries it: one that is not
-- sent yet is not sent any more.
CREATE FUNCTION routing.erase_channel_replies(wanted uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM routing.delivery
    USING routing.channel_reply AS reply
    WHERE reply.followup_id = wanted AND reply.tenant = current_setting('closedloop.tenant')
      AND delivery.webhook_id = reply.webhook_id AND delivery.message_id = reply.reply_id::text;
    UPDATE routing.channel_reply
    SET recipient = '', body = '', written = '',
        fault = CASE state WHEN 'queued' THEN 'The customer had their data erased.' ELSE fault END,
        state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
    WHERE followup_id = wanted AND tenant = current_setting('closedloop.tenant')
$$;

-- What becomes of the message is what becomes of the reply, whoever settles or replays it, until
-- the receiver reports: from then on its word counts.
CREATE FUNCTION routing.follow_delivery() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE routing.channel_reply
    SET state = CASE NEW.state WHEN 'delivered' THEN 'sent' WHEN 'failed' THEN 'failed'
                ELSE 'queued' END,
        settled_at = CASE NEW.state WHEN 'pending' THEN NULL ELSE NEW.last_attempt_at END,
        fault = CASE NEW.state WHEN 'failed' THEN NEW.fault END
    WHERE reply_id = NEW.message_id::uuid AND tenant = NEW.tenant AND reported_at IS NULL
      AND state = CASE NEW.state WHEN 'pending' THEN 'failed' ELSE 'queued' END;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_delivery AFTER UPDATE OF state ON routing.delivery
    FOR EACH ROW WHEN (NEW.event = 'reply.requested' AND NEW.state <> OLD.state)
    EXECUTE FUNCTION routing.follow_delivery();

GRANT CREATE ON SCHEMA routing TO closedloop_routing;
ALTER FUNCTION routing.erase_channel_replies(uuid) OWNER TO closedloop_routing;
ALTER FUNCTION routing.follow_delivery() OWNER TO closedloop_routing;
REVOKE CREATE ON SCHEMA routing FROM closedloop_routing;
REVOKE ALL ON FUNCTION routing.erase_channel_replies(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION routing.erase_channel_replies(uuid) TO closedloop_routing_api;

-- migrate:down
