-- What a customer leaves in every table: their id, their address and what they said, for each
-- follow-up that there is. The table message_of holds their scored events.
CREATE TEMPORARY TABLE case_of_somebody AS
SELECT followup_id, tenant, customer_id, contact_email AS address,
       'Words of ' || customer_id AS words
FROM routing.followup;

INSERT INTO routing.reply (reply_id, tenant, followup_id, version, language, sender_name, sender,
                           recipient, subject, body, written, by, created_at, due_at)
SELECT gen_random_uuid(), tenant, followup_id, 1, 'en', 'Mali', 'care@demo.test', address, words,
       words, words, 'mali', now(), now()
FROM case_of_somebody;

WITH said AS (
    INSERT INTO routing.channel_reply (reply_id, tenant, followup_id, version, customer_id, channel,
                                       channel_name, webhook_id, language, recipient, body, written,
                                       by, created_at)
    SELECT gen_random_uuid(), tenant, followup_id, 2, customer_id, 'whatsapp', 'WhatsApp',
           gen_random_uuid(), 'en', address, words, words, 'mali', now()
    FROM case_of_somebody
    RETURNING *
)
INSERT INTO routing.delivery (tenant, webhook_id, message_id, event, lane, position, body, due_at)
SELECT tenant, webhook_id, reply_id::text, 'reply.requested', followup_id, 1,
       json_build_object('data', json_build_object('customer_id', customer_id, 'text', body)), now()
FROM said;

INSERT INTO routing.delivery (tenant, webhook_id, message_id, event, lane, position, body, due_at)
SELECT tenant, gen_random_uuid(), gen_random_uuid(), 'followup.changed.v1', followup_id, 2,
       json_build_object('data', json_build_object(
           'customer_id', customer_id, 'resolution', json_build_object('action_taken', words))),
       now()
FROM case_of_somebody;

INSERT INTO routing.attachment (attachment_id, tenant, followup_id, version, name, size, digest, by,
                                at, content)
SELECT gen_random_uuid(), tenant, followup_id, 3, words, 1, '\x01', 'mali', now(),
       convert_to(words, 'UTF8')
FROM case_of_somebody;

INSERT INTO routing.contact_attempt (followup_id, version, tenant, channel, outcome, at, by, by_name,
                                     note)
SELECT followup_id, 4, tenant, 'phone', 'reached', now(), 'mali', 'Mali', words
FROM case_of_somebody;

INSERT INTO routing.draft (tenant, followup_id, person, form, fields, saved_at)
SELECT tenant, followup_id, 'mali', 'next', json_build_object('note', words), now()
FROM case_of_somebody;

INSERT INTO routing.promise (followup_id, tenant, told_customer)
SELECT followup_id, tenant, words FROM case_of_somebody;

INSERT INTO routing.later_score (followup_id, tenant, said_at, category)
SELECT followup_id, tenant, now(), 'passive' FROM case_of_somebody;

INSERT INTO routing.recovery (recovery_id, decision, tenant, followup_id, version, customer_id, kind,
                              by, by_name, why, at, program_version)
SELECT gen_random_uuid(), 'approved', tenant, followup_id, 5, customer_id, 'apology', 'mali', 'Mali',
       words, now(), 1
FROM case_of_somebody;

WITH letter AS (
    INSERT INTO routing.staff_letter (letter_id, tenant, language, sender_name, sender, recipient,
                                      subject, body, created_at, due_at)
    SELECT followup_id, tenant, 'en', 'Desk', 'care@demo.test', 'lead@demo.test', words, words,
           now(), now()
    FROM case_of_somebody
    RETURNING letter_id
)
INSERT INTO routing.alert (alert_id, tenant, followup_id, version, customer_id, step, level, share,
                           deadline, whom, name, recipient, language, fired_at, letter_id, written_at)
SELECT gen_random_uuid(), tenant, followup_id, 6, customer_id, 'resolve', 2, 1, now(), 'lead', 'Lead',
       'lead@demo.test', 'en', now(), letter_id, now()
FROM case_of_somebody JOIN letter ON letter_id = followup_id;

INSERT INTO routing.idempotency (tenant, subject, key, fingerprint, body)
SELECT tenant, 'mali', followup_id::text, '\x01',
       json_build_object('followup_id', followup_id, 'customer_id', customer_id)
FROM case_of_somebody;

INSERT INTO routing.outbox (topic, key, value, sent_at)
SELECT 'followup.changed.v1', convert_to(tenant || '/' || customer_id, 'UTF8'),
       convert_to(json_build_object('tenant', tenant, 'customer', customer_id)::text, 'UTF8'), now()
FROM case_of_somebody;

UPDATE routing.followup_change SET note = words
FROM case_of_somebody WHERE case_of_somebody.followup_id = followup_change.followup_id;

INSERT INTO scoring.feedback_key (feedback_id, received_at)
SELECT followup_id, now() FROM case_of_somebody;
INSERT INTO scoring.feedback (feedback_id, received_at, tenant, customer_id, touchpoint, occurred_at,
                              category, severity, flagged, program_version, message, co_creation)
SELECT followup_id, now(), tenant, customer_id, 'delivery', now(), 'detractor', 'high', true, 1,
       message, true
FROM case_of_somebody JOIN message_of USING (tenant, customer_id);
INSERT INTO scoring.review (feedback_id, version, tenant, decision, sentiment, note, actor,
                            actor_name, decided_at)
SELECT followup_id, 1, tenant, 'words', 'negative', words, 'ana', 'Ana', now()
FROM case_of_somebody;
INSERT INTO scoring.second_opinion (feedback_id, tenant, model, prompt_version, program_version,
                                    asked_at, latency_ms, answer)
SELECT followup_id, tenant, 'some-model', '1', 1, now(), 1, words
FROM case_of_somebody;

INSERT INTO outer_loop.feedback_fact (feedback_id, received_at, tenant, customer_id, touchpoint,
                                      department, category, severity, occurred_at)
SELECT followup_id, now(), tenant, customer_id, 'delivery', 'logistics', 'detractor', 'high', now()
FROM case_of_somebody;
INSERT INTO outer_loop.followup_version (followup_id, version, changed_at, tenant, customer_id,
                                         touchpoint, department, what, why, occurred_at)
SELECT followup_id, 1, now(), tenant, customer_id, 'delivery', 'logistics', 'delay', 'weather', now()
FROM case_of_somebody;
INSERT INTO outer_loop.root_cause_fact (followup_id, version, tenant, customer_id, touchpoint,
                                        department, state, severity, what, why, occurred_at,
                                        resolved_at, changed_at)
SELECT followup_id, 1, tenant, customer_id, 'delivery', 'logistics', 'resolved', 'high', 'delay',
       'weather', now(), now(), now()
FROM case_of_somebody;

INSERT INTO routing.loop_communication (telling_id, tenant, communication_id, issue_id, named_id,
                                        customer_id, texts, approved_by, created_at, state,
                                        recipient, opening, due_at)
SELECT gen_random_uuid(), tenant, gen_random_uuid(), gen_random_uuid(), followup_id, customer_id,
       '{}', 'ana', now(), 'queued', address, words, now()
FROM case_of_somebody;

INSERT INTO outer_loop.flagged_feedback (feedback_id, tenant, customer_id, touchpoint, occurred_at)
SELECT followup_id, tenant, customer_id, 'delivery', now() FROM case_of_somebody;
INSERT INTO outer_loop.followup_thread (followup_id, tenant, feedback_id, customer_id, touchpoint,
                                        occurred_at, version, state, can_be_written_to)
SELECT followup_id, tenant, followup_id, customer_id, 'delivery', now(), 1, 'new', true
FROM case_of_somebody;
INSERT INTO outer_loop.counted_customer (tenant, customer_id)
SELECT DISTINCT tenant, customer_id FROM case_of_somebody;
INSERT INTO outer_loop.cause_sighting (tenant, customer_id, kind, dimension, name, at, day,
                                       previous_day, things, millionths)
SELECT DISTINCT tenant, customer_id, 'confirmed', 'what', 'delay', '', current_date,
       '-infinity'::date, 1, 1000000
FROM case_of_somebody;
-- What they are told belongs to a plan; here there is none.
SET session_replication_role = replica;
INSERT INTO outer_loop.communication_recipient (communication_id, tenant, issue_id, customer_id,
                                                followup_id, basis)
SELECT gen_random_uuid(), tenant, gen_random_uuid(), customer_id, followup_id, 'confirmed'
FROM case_of_somebody;
RESET session_replication_role;
