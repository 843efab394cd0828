-- What taking a customer out of these tables means: $1 the tenant, $2 the customer, $3 the name
-- that stands for nobody from now on. In this order, in one transaction, as closedloop_eraser:
-- the follow-ups, by which the others are found, come last.

-- name: reply
-- A letter that was not sent is not sent any more.
UPDATE routing.reply
SET recipient = '', subject = '', body = '', written = '', claimed_until = NULL,
    fault = CASE state WHEN 'queued' THEN 'The customer had their data erased.' ELSE fault END,
    state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
WHERE tenant = $1 AND followup_id IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: delivery_of_reply
DELETE FROM routing.delivery
USING routing.channel_reply AS said
WHERE said.tenant = $1 AND said.customer_id = $2
  AND delivery.webhook_id = said.webhook_id AND delivery.message_id = said.reply_id::text

-- name: channel_reply
UPDATE routing.channel_reply
SET customer_id = $3, recipient = '', body = '', written = '',
    fault = CASE state WHEN 'queued' THEN 'The customer had their data erased.' ELSE fault END,
    state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
WHERE tenant = $1 AND customer_id = $2

-- name: attachment
UPDATE routing.attachment
SET name = '', content = '', digest = '', erased_at = coalesce(erased_at, now())
WHERE tenant = $1 AND followup_id IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: contact_attempt
UPDATE routing.contact_attempt SET note = NULL
WHERE tenant = $1 AND followup_id IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: draft
DELETE FROM routing.draft
WHERE tenant = $1 AND followup_id IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: promise
-- The team is told on the case, as when customers erase on their own page.
UPDATE routing.promise
SET told_customer = NULL, erasure_asked_at = coalesce(erasure_asked_at, now())
WHERE tenant = $1 AND followup_id IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: later_score
DELETE FROM routing.later_score
WHERE tenant = $1 AND followup_id IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: recovery
-- Money that was given stays in the books.
UPDATE routing.recovery SET customer_id = $3, why = '[erased]'
WHERE tenant = $1 AND customer_id = $2

-- name: staff_letter
UPDATE routing.staff_letter
SET subject = '', body = '', claimed_until = NULL,
    fault = CASE state WHEN 'queued' THEN 'A customer in it had their data erased.' ELSE fault END,
    state = CASE state WHEN 'queued' THEN 'failed' ELSE state END
WHERE tenant = $1 AND letter_id IN (
    SELECT letter_id FROM routing.alert WHERE tenant = $1 AND customer_id = $2)

-- name: alert
-- An alarm whose letter is not sent is written anew, about a case without a name.
UPDATE routing.alert AS told
SET customer_id = $3,
    letter_id = CASE WHEN letter.sent_at IS NULL THEN NULL ELSE told.letter_id END,
    written_at = CASE WHEN letter.sent_at IS NULL THEN NULL ELSE told.written_at END
FROM routing.alert AS before
LEFT JOIN routing.staff_letter AS letter USING (letter_id)
WHERE before.alert_id = told.alert_id AND told.tenant = $1 AND told.customer_id = $2

-- name: delivery
UPDATE routing.delivery
SET body = routing.about_nobody(body::jsonb, $2, $3)
WHERE tenant = $1 AND lane IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: loop_communication
UPDATE routing.loop_communication
SET customer_id = $3, recipient = '', opening = '', claimed_until = NULL,
    why_not = CASE state WHEN 'queued' THEN 'erased' ELSE why_not END,
    settled_at = coalesce(settled_at, now()),
    state = CASE state WHEN 'queued' THEN 'not_reachable' ELSE state END
WHERE tenant = $1 AND customer_id = $2

-- name: idempotency
-- Stored answers, which last a day.
DELETE FROM routing.idempotency
WHERE tenant = $1 AND EXISTS (
    SELECT FROM routing.followup
    WHERE tenant = $1 AND customer_id = $2 AND body LIKE '%' || followup_id || '%')

-- name: outbox
DELETE FROM routing.outbox
WHERE sent_at IS NOT NULL AND key = convert_to($1 || '/' || $2, 'UTF8')

-- name: followup_change
UPDATE routing.followup_change
SET note = NULL, message = routing.about_nobody(message::jsonb, $2, $3)
WHERE tenant = $1 AND followup_id IN (
    SELECT followup_id FROM routing.followup WHERE tenant = $1 AND customer_id = $2)

-- name: followup
UPDATE routing.followup
SET customer_id = $3, text = NULL, contact_name = NULL, contact_email = NULL,
    contact_phone = NULL, action_taken = CASE WHEN action_taken IS NULL THEN NULL ELSE '' END
WHERE tenant = $1 AND customer_id = $2
