-- migrate:up
SET lock_timeout = '5s';

-- The event followup.changed.v1 about nobody: who it was and what was done for them are gone.
CREATE FUNCTION routing.about_nobody(message jsonb, customer text, pseudonym text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_set(
        jsonb_set(message, '{data,customer_id}', to_jsonb(pseudonym), false)
            || CASE WHEN message ->> 'subject' = customer
                    THEN jsonb_build_object('subject', pseudonym) ELSE '{}' END,
        '{data,resolution,action_taken}', '""', false)::text
$$;

GRANT UPDATE ON routing.reply, routing.channel_reply, routing.attachment, routing.contact_attempt,
    routing.promise, routing.recovery, routing.alert, routing.staff_letter, routing.delivery,
    routing.loop_communication, routing.followup_change, routing.followup TO closedloop_eraser;
GRANT DELETE ON routing.later_score, routing.idempotency, routing.outbox, routing.delivery,
    routing.draft TO closedloop_eraser;
SELECT ground.show_to_eraser('routing');

-- migrate:down
