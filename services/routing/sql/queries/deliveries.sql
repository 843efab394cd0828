-- name: lock_endpoints
-- The endpoints of some tenants, locked against being enabled or deleted (FOR UPDATE) until the
-- transaction ends: what enabling catches up on, and what deleting sweeps away, is complete.
-- Other changes of an endpoint don't wait for this.
SELECT webhook_id, tenant, events, disabled_at IS NULL AS is_enabled
FROM routing.webhook
WHERE tenant = ANY ($1::text[])
ORDER BY webhook_id
FOR KEY SHARE;

-- name: enqueue
-- A message that an endpoint has got or will get already is passed over.
WITH queued AS (
    INSERT INTO routing.delivery (
        tenant, webhook_id, message_id, event, lane, position, body, due_at)
    SELECT * FROM unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::int[], $7::text[],
        $8::timestamptz[])
    ON CONFLICT (webhook_id, message_id) DO NOTHING
)
SELECT pg_notify('routing_deliveries', '');

-- name: claim
-- Up to $2 deliveries an endpoint, less those under way ($5, $6), and $3 in all, taken until $4;
-- now is $1. Endpoints come in random order: where there is little room, none is always last.
-- Of one lane only the first that is pending: a later version never overtakes an earlier one.
-- No more than $7 that are due are looked at for each endpoint; see postpone_blocked.
WITH enabled AS (
    SELECT webhook_id, coalesce(under_way.n, 0) AS busy
    FROM routing.webhook
    LEFT JOIN unnest($5::uuid[], $6::int[]) AS under_way (webhook_id, n) USING (webhook_id)
    WHERE disabled_at IS NULL
    ORDER BY random()
), chosen AS (
    SELECT due.delivery_id
    FROM enabled
    CROSS JOIN LATERAL (
        SELECT candidate.delivery_id
        FROM (
            SELECT delivery_id, lane, position
            FROM routing.delivery
            WHERE delivery.webhook_id = enabled.webhook_id
              AND state = 'pending'
              AND due_at <= $1
              AND (claimed_until IS NULL OR claimed_until <= $1)
            ORDER BY due_at, delivery_id
            LIMIT $7
            FOR UPDATE SKIP LOCKED) AS candidate
        WHERE NOT EXISTS (
            SELECT FROM routing.delivery AS earlier
            WHERE earlier.webhook_id = enabled.webhook_id
              AND earlier.lane = candidate.lane
              AND earlier.position < candidate.position
              AND earlier.state = 'pending')
        LIMIT greatest($2 - enabled.busy, 0)) AS due
    LIMIT $3
)
UPDATE routing.delivery SET claimed_until = $4
FROM chosen, routing.webhook
WHERE delivery.delivery_id = chosen.delivery_id AND webhook.webhook_id = delivery.webhook_id
RETURNING delivery.delivery_id, delivery.webhook_id, delivery.message_id, delivery.body,
          delivery.attempts, webhook.url, webhook.salt, webhook.mark, webhook.previous_salt,
          webhook.previous_until;

-- name: postpone_blocked
-- Of the $3 first that are due at each endpoint, those that wait for an earlier one of their lane
-- are looked at again at $2; now is $1. Otherwise all that piles up behind a receiver that is down
-- would be looked at for ever, and hide what can be tried.
WITH blocked AS (
    SELECT candidate.delivery_id
    FROM routing.webhook
    CROSS JOIN LATERAL (
        SELECT delivery_id, lane, position
        FROM routing.delivery
        WHERE delivery.webhook_id = webhook.webhook_id
          AND state = 'pending'
          AND due_at <= $1
          AND (claimed_until IS NULL OR claimed_until <= $1)
        ORDER BY due_at, delivery_id
        LIMIT $3
        FOR UPDATE SKIP LOCKED) AS candidate
    WHERE webhook.disabled_at IS NULL
      AND EXISTS (
          SELECT FROM routing.delivery AS earlier
          WHERE earlier.webhook_id = webhook.webhook_id
            AND earlier.lane = candidate.lane
            AND earlier.position < candidate.position
            AND earlier.state = 'pending')
), postponed AS (
    UPDATE routing.delivery SET due_at = $2
    FROM blocked
    WHERE delivery.delivery_id = blocked.delivery_id
    RETURNING delivery.delivery_id
)
SELECT count(*) FROM postponed;

-- name: settle_delivered
-- What was postponed behind it is due now.
WITH done AS (
    UPDATE routing.delivery
    SET state = 'delivered', attempts = attempts + 1, claimed_until = NULL, last_attempt_at = $2,
        delivered_at = $2, answer = $3, fault = NULL
    WHERE delivery_id = $1
    RETURNING webhook_id, lane, position
), freed AS (
    UPDATE routing.delivery AS later SET due_at = $2
    FROM done
    WHERE later.webhook_id = done.webhook_id AND later.lane = done.lane
      AND later.position > done.position AND later.state = 'pending'
      AND later.attempts = 0 AND later.due_at > $2
)
UPDATE routing.webhook SET last_success_at = $2, failing_since = NULL, failures = 0
FROM done
WHERE webhook.webhook_id = done.webhook_id;

-- name: settle_failed
-- Next attempt at $5, none when that is null. The endpoint is disabled, for the reason $7, when
-- nothing has succeeded since $6 or before.
WITH tried AS (
    UPDATE routing.delivery
    SET state = CASE WHEN $5::timestamptz IS NULL THEN 'failed' ELSE 'pending' END,
        attempts = attempts + 1, claimed_until = NULL, last_attempt_at = $2, answer = $3,
        fault = $4, due_at = coalesce($5, due_at)
    WHERE delivery_id = $1 AND state = 'pending'
    RETURNING webhook_id
), judged AS (
    SELECT webhook_id, disabled_at IS NULL AND coalesce(failing_since, $2) <= $6 AS is_over
    FROM routing.webhook JOIN tried USING (webhook_id)
)
UPDATE routing.webhook
SET last_failure_at = $2, last_failure = $4, failures = failures + 1,
    failing_since = coalesce(failing_since, $2),
    disabled_at = CASE WHEN is_over THEN $2 ELSE disabled_at END,
    disabled_why = CASE WHEN is_over THEN $7 ELSE disabled_why END,
    gave_up = gave_up OR is_over,
    changed_at = CASE WHEN is_over THEN $2 ELSE changed_at END,
    version = version + is_over::int
FROM judged
WHERE webhook.webhook_id = judged.webhook_id
RETURNING is_over;

-- name: forget_settled
-- A part of what was settled long ago: delivered before $1, given up before $2.
DELETE FROM routing.delivery
WHERE delivery_id IN (
    SELECT delivery_id FROM routing.delivery
    WHERE (state = 'delivered' AND last_attempt_at < $1)
       OR (state = 'failed' AND last_attempt_at < $2)
    LIMIT 5000
    FOR UPDATE SKIP LOCKED);

-- name: insert_endpoint
INSERT INTO routing.webhook (
    webhook_id, tenant, version, url, events, description, salt, mark, previous_salt,
    previous_until, created_at, created_by, changed_at, disabled_at, disabled_why, gave_up)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: update_endpoint
UPDATE routing.webhook
SET version = $3, url = $4, events = $5, description = $6, salt = $7, mark = $8,
    previous_salt = $9, previous_until = $10, created_at = $11, created_by = $12,
    changed_at = $13, disabled_at = $14, disabled_why = $15, gave_up = $16,
    -- enabled again, it has a clean slate
    failing_since = CASE WHEN disabled_at IS NOT NULL AND $14::timestamptz IS NULL THEN NULL
                    ELSE failing_since END,
    failures = CASE WHEN disabled_at IS NOT NULL AND $14::timestamptz IS NULL THEN 0
               ELSE failures END
WHERE webhook_id = $1 AND tenant = $2;

-- name: delete_endpoint
WITH swept AS (
    DELETE FROM routing.delivery WHERE webhook_id = $1
)
DELETE FROM routing.webhook WHERE webhook_id = $1;

-- name: endpoint
SELECT * FROM routing.webhook
WHERE tenant = current_setting('closedloop.tenant') AND webhook_id = $1;

-- name: endpoint_for_update
SELECT * FROM routing.webhook
WHERE tenant = current_setting('closedloop.tenant') AND webhook_id = $1
FOR UPDATE;

-- name: list_endpoints
-- Oldest first; $1 and $2 are where the last page ended.
SELECT * FROM routing.webhook
WHERE tenant = current_setting('closedloop.tenant')
  AND ($1::timestamptz IS NULL OR (created_at, webhook_id) > ($1, $2::uuid))
ORDER BY created_at, webhook_id
LIMIT $3;

-- name: count_endpoints
SELECT count(*) FROM routing.webhook WHERE tenant = current_setting('closedloop.tenant');

-- name: queues
-- How much waits and how much was given up, by endpoint.
SELECT webhook_id,
       (SELECT count(*) FROM routing.delivery AS d
        WHERE d.webhook_id = wanted.webhook_id AND d.state = 'pending') AS pending,
       (SELECT count(*) FROM routing.delivery AS d
        WHERE d.webhook_id = wanted.webhook_id AND d.state = 'failed') AS failed
FROM unnest($1::uuid[]) AS wanted (webhook_id);

-- name: list_deliveries
-- Newest first; $3 is where the last page ended.
SELECT delivery_id, message_id, event, lane, position, state, attempts, due_at, created_at,
       last_attempt_at, delivered_at, answer, fault
FROM routing.delivery
WHERE tenant = current_setting('closedloop.tenant')
  AND webhook_id = $1
  AND ($2::text IS NULL OR state = $2)
  AND ($3::uuid IS NULL OR delivery_id < $3)
ORDER BY delivery_id DESC
LIMIT $4;

-- name: enqueue_one
WITH queued AS (
    INSERT INTO routing.delivery (
        tenant, webhook_id, message_id, event, lane, position, body, due_at)
    VALUES (current_setting('closedloop.tenant'), $1, $2, $3, $4, 1, $5, $6)
    RETURNING delivery_id
)
SELECT delivery_id, pg_notify('routing_deliveries', '') FROM queued;

-- name: replay_one
-- What is being tried at this moment is left alone.
WITH again AS (
    UPDATE routing.delivery SET state = 'pending', attempts = 0, due_at = $3
    WHERE tenant = current_setting('closedloop.tenant') AND webhook_id = $1 AND delivery_id = $2
      AND (claimed_until IS NULL OR claimed_until <= $3)
    RETURNING delivery_id
)
SELECT count(*) AS queued, pg_notify('routing_deliveries', '') FROM again;

-- name: replay_failed
WITH again AS (
    UPDATE routing.delivery SET state = 'pending', attempts = 0, due_at = $2
    WHERE tenant = current_setting('closedloop.tenant') AND webhook_id = $1 AND state = 'failed'
    RETURNING delivery_id
)
SELECT count(*) AS queued, pg_notify('routing_deliveries', '') FROM again;

-- name: revive_pending
-- What waited while the endpoint was disabled is tried at once, with the whole schedule ahead.
UPDATE routing.delivery SET attempts = 0, due_at = $2
WHERE tenant = current_setting('closedloop.tenant') AND webhook_id = $1 AND state = 'pending';

-- name: changes_since
SELECT followup_id, version, change, state, message
FROM routing.followup_change
WHERE tenant = current_setting('closedloop.tenant') AND changed_at >= $1
ORDER BY changed_at, followup_id, version;

-- name: enqueue_again
-- Messages that an endpoint is to get once more: what is known is pending again, what is not is
-- added. $9 says whether what was delivered comes again, too.
WITH again AS (
    INSERT INTO routing.delivery AS known (
        tenant, webhook_id, message_id, event, lane, position, body, due_at)
    SELECT * FROM unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::int[], $7::text[],
        $8::timestamptz[])
    ON CONFLICT (webhook_id, message_id) DO UPDATE
        SET state = 'pending', attempts = 0, due_at = excluded.due_at
        WHERE $9::boolean OR known.state = 'failed'
    RETURNING delivery_id
)
SELECT count(*) AS queued, pg_notify('routing_deliveries', '') FROM again;
