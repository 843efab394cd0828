-- name: insert_alerts
INSERT INTO routing.alert (
    alert_id, tenant, followup_id, version, customer_id, step, level, share, deadline, whom, name,
    recipient, language, fired_at)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::smallint[],
    $8::double precision[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::timestamptz[])
ON CONFLICT DO NOTHING;

-- name: take_turn
-- Whether it is our turn to write: two who write side by side would count past each other.
SELECT pg_try_advisory_xact_lock(hashtext('routing.alert'));

-- name: piles
-- How much waits for each person of the tenants $1, and of how much they were told since $2.
SELECT waiting.tenant, waiting.whom, waiting.number AS waiting,
       (SELECT count(*) FROM routing.alert AS told
        WHERE told.tenant = waiting.tenant AND told.whom = waiting.whom
          AND told.written_at > $2) AS recent
FROM (
    SELECT tenant, whom, count(*) AS number FROM routing.alert
    WHERE letter_id IS NULL AND tenant = ANY ($1::text[])
    GROUP BY tenant, whom) AS waiting
ORDER BY waiting.tenant, waiting.whom;

-- name: waiting_alerts
SELECT * FROM routing.alert
WHERE letter_id IS NULL AND tenant = $1 AND whom = $2
ORDER BY deadline, alert_id;

-- name: insert_letter
WITH queued AS (
    INSERT INTO routing.staff_letter (
        letter_id, tenant, language, sender_name, sender, recipient, subject, body, created_at,
        due_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
)
SELECT pg_notify('routing_staff_letters', '');

-- name: mark_written
UPDATE routing.alert SET letter_id = $2, written_at = $3 WHERE alert_id = ANY ($1::uuid[]);

-- name: alert_mails
-- What became of the mails about one follow-up's escalations, by its versions.
SELECT alert.version, coalesce(letter.state, 'waiting') AS state, letter.sent_at, letter.fault,
       letter.letter_id <> alert.alert_id AS is_with_others
FROM routing.alert
LEFT JOIN routing.staff_letter AS letter USING (letter_id)
WHERE alert.followup_id = $1;

-- name: claim_letters
-- Up to $3 that are due at $1, taken until $2.
WITH due AS (
    SELECT letter_id FROM routing.staff_letter
    WHERE state = 'queued' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY due_at, letter_id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE routing.staff_letter SET claimed_until = $2
FROM due
WHERE staff_letter.letter_id = due.letter_id
RETURNING staff_letter.*;

-- name: settle_sent
UPDATE routing.staff_letter
SET state = 'sent', attempts = attempts + 1, claimed_until = NULL, last_attempt_at = $2,
    sent_at = $2, answer = $3, fault = NULL
WHERE letter_id = $1;

-- name: settle_unsent
-- Next attempt at $5, none when that is null. What another one has sent meanwhile stays sent.
UPDATE routing.staff_letter
SET state = CASE WHEN $5::timestamptz IS NULL THEN 'failed' ELSE 'queued' END,
    attempts = attempts + 1, claimed_until = NULL, last_attempt_at = $2, answer = $3, fault = $4,
    due_at = coalesce($5, due_at)
WHERE letter_id = $1 AND state = 'queued';
