-- name: tellings
SELECT * FROM routing.loop_communication WHERE telling_id = ANY ($1::uuid[])

-- name: customers_turn
-- Whoever writes to one of these customers waits for the others, in one order.
SELECT pg_advisory_xact_lock(lock_number)
FROM (SELECT DISTINCT hashtextextended('loop communication ' || tenant || '/' || customer_id, 0)
          AS lock_number
      FROM unnest($1::text[], $2::text[]) AS wanted (tenant, customer_id)
      ORDER BY lock_number) AS in_order

-- name: told_before
-- What was sent, or is to be sent, to these customers: about which issue, and when.
SELECT tenant, customer_id, issue_id, created_at
FROM unnest($1::text[], $2::text[]) AS wanted (tenant, customer_id)
JOIN routing.loop_communication USING (tenant, customer_id)
WHERE state <> 'not_reachable'

-- name: followups_of
SELECT * FROM routing.followup WHERE followup_id = ANY ($1::uuid[])

-- name: erased_among
SELECT followup_id FROM routing.promise
WHERE followup_id = ANY ($1::uuid[]) AND erasure_asked_at IS NOT NULL

-- name: add
WITH added AS (
    INSERT INTO routing.loop_communication (
        telling_id, tenant, communication_id, issue_id, named_id, customer_id, texts, approved_by,
        created_at, state, why_not, settled_at, language, sender_name, sender, recipient, subject,
        opening, link_line, ending, due_at)
    SELECT given.*, given.created_at
    FROM unnest(
        $1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::jsonb[],
        $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::timestamptz[], $13::text[],
        $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[])
        AS given (telling_id, tenant, communication_id, issue_id, named_id, customer_id, texts,
                  approved_by, created_at, state, why_not, settled_at, language, sender_name,
                  sender, recipient, subject, opening, link_line, ending)
)
SELECT pg_notify('routing_loop_communications', '')

-- name: claim
-- Up to $3 that are due at $1, taken until $2, with the link that opens their customer's page now.
WITH due AS (
    SELECT telling_id FROM routing.loop_communication
    WHERE state = 'queued' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY due_at, telling_id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE routing.loop_communication SET claimed_until = $2
    FROM due
    WHERE loop_communication.telling_id = due.telling_id
    RETURNING loop_communication.*
)
SELECT taken.*, coalesce(promise.generation, 0) AS generation
FROM taken
LEFT JOIN routing.promise ON promise.followup_id = taken.named_id

-- name: put_off
-- Another attempt at $4.
UPDATE routing.loop_communication
SET attempts = attempts + 1, claimed_until = NULL, last_attempt_at = $2, answer = $3, due_at = $4,
    fault = $5
WHERE telling_id = $1 AND state = 'queued'

-- name: settle
-- Gives the row when nobody has settled it before.
UPDATE routing.loop_communication
SET state = $2, why_not = $3, settled_at = $4, attempts = attempts + 1, claimed_until = NULL,
    last_attempt_at = $4, answer = $5, fault = $6
WHERE telling_id = $1 AND state = 'queued'
RETURNING *

-- name: stands_for
-- The follow-up that $1 is worked on in: itself, or the one that it was merged into.
WITH RECURSIVE above (followup_id, depth) AS (
    SELECT $1::uuid, 0
    UNION ALL
    SELECT into_id, depth + 1
    FROM above JOIN routing.merge USING (followup_id)
    WHERE split_at IS NULL
)
SELECT followup_id FROM above ORDER BY depth DESC LIMIT 1

-- name: note
UPDATE routing.followup SET version = $2, changed_at = $3
WHERE followup_id = $1 AND version = $2 - 1

-- name: on_the_page
-- What the customers of these follow-ups were told, or are told now, the latest first.
SELECT texts, created_at FROM routing.loop_communication
WHERE named_id = ANY ($1::uuid[]) AND state <> 'not_reachable'
ORDER BY created_at DESC, telling_id
