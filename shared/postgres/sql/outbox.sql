-- name: enqueue
-- {schema} is the service's own, from the code and never from a request.
WITH queued AS (
    INSERT INTO {schema}.outbox (topic, key, value)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[])
)
SELECT pg_notify($4, '')

-- name: take_turn
SELECT pg_try_advisory_xact_lock(hashtext($1))

-- name: unsent
SELECT id, topic, key, value
FROM {schema}.outbox
WHERE sent_at IS NULL
ORDER BY id
LIMIT 500
FOR UPDATE SKIP LOCKED

-- name: mark_sent
UPDATE {schema}.outbox SET sent_at = now() WHERE id = ANY ($1::bigint[])

-- name: forget_sent
DELETE FROM {schema}.outbox WHERE sent_at < now() - interval '7 days'
