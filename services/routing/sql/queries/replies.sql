-- name: insert_reply
WITH queued AS (
    INSERT INTO routing.reply (
        reply_id, tenant, followup_id, version, language, sender_name, sender, recipient, subject,
        body, written, by, created_at, due_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
)
SELECT pg_notify('routing_replies', '');

-- name: replies
SELECT * FROM routing.reply WHERE followup_id = $1 ORDER BY version;

-- name: claim_replies
-- Up to $3 that are due at $1, taken until $2.
WITH due AS (
    SELECT reply_id FROM routing.reply
    WHERE state = 'queued' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY due_at, reply_id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE routing.reply SET claimed_until = $2
FROM due
WHERE reply.reply_id = due.reply_id
RETURNING reply.*;

-- name: settle_sent
UPDATE routing.reply
SET state = 'sent', attempts = attempts + 1, claimed_until = NULL, last_attempt_at = $2,
    sent_at = $2, answer = $3, fault = NULL
WHERE reply_id = $1;

-- name: settle_unsent
-- Next attempt at $5, none when that is null. What another one has sent meanwhile stays sent.
UPDATE routing.reply
SET state = CASE WHEN $5::timestamptz IS NULL THEN 'failed' ELSE 'queued' END,
    attempts = attempts + 1, claimed_until = NULL, last_attempt_at = $2, answer = $3, fault = $4,
    due_at = coalesce($5, due_at)
WHERE reply_id = $1 AND state = 'queued';
