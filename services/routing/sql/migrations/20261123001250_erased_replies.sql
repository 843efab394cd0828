-- migrate:up
SET lock_timeout = '5s';

-- Mails quote the customer and name their address: they go with their words. That one was sent
-- stays; one that was not is not sent any more.
GRANT UPDATE (recipient, subject, body, written) ON routing.reply TO closedloop_routing;
CREATE FUNCTION routing.erase_replies(wanted uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE routing.reply
    SET recipient = '', subject = '', body = '', written = '', claimed_until = NULL,
        fault = CASE state WHEN 'queued' THEN 'The customer had their data erased.' ELSE fault END,
        state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
    WHERE followup_id = wanted AND tenant = current_setting('closedloop.tenant')
$$;

-- Nothing else is ever made of what was written.
CREATE FUNCTION routing.only_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.recipient, NEW.subject, NEW.body, NEW.written) <> ('', '', '', '') THEN
        RAISE insufficient_privilege USING MESSAGE = 'A reply is erased whole or stays as it is.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER only_erase BEFORE UPDATE OF recipient, subject, body, written ON routing.reply
    FOR EACH ROW EXECUTE FUNCTION routing.only_erase();

GRANT CREATE ON SCHEMA routing TO closedloop_routing;
ALTER FUNCTION routing.erase_replies(uuid) OWNER TO closedloop_routing;
REVOKE CREATE ON SCHEMA routing FROM closedloop_routing;
REVOKE ALL ON FUNCTION routing.erase_replies(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION routing.erase_replies(uuid) TO closedloop_routing_api;

-- migrate:down
