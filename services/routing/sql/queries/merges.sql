-- name: lock_customer
-- What of a customer's belongs together is changed by one at a time, until the transaction ends.
SELECT pg_advisory_xact_lock(
    hashtextextended(current_setting('closedloop.tenant') || ' ' || $1, 0));

-- name: merged
SELECT followup_id, version, into_id, tenant, state_before, merged_at, by, by_name
FROM routing.merge
WHERE followup_id = $1 AND split_at IS NULL;

-- name: family
-- All that belong together with $1, the one that all went into first, the others by age.
WITH RECURSIVE above (followup_id, depth) AS (
    SELECT $1::uuid, 0
    UNION ALL
    SELECT into_id, depth + 1
    FROM above JOIN routing.merge USING (followup_id)
    WHERE split_at IS NULL
), root AS (
    SELECT followup_id FROM above ORDER BY depth DESC LIMIT 1
), member (followup_id) AS (
    SELECT followup_id FROM root
    UNION ALL
    SELECT merge.followup_id
    FROM member JOIN routing.merge ON merge.into_id = member.followup_id
    WHERE split_at IS NULL
)
SELECT followup.*
FROM member JOIN routing.followup USING (followup_id)
ORDER BY followup_id <> (SELECT followup_id FROM root), opened_at, followup_id;

-- name: lock_followups
-- In one order, as every change of many: those who lock wait for each other, never in a circle.
SELECT * FROM routing.followup WHERE followup_id = ANY ($1::uuid[])
ORDER BY followup_id
FOR UPDATE;

-- name: candidates
SELECT * FROM routing.followup
WHERE tenant = current_setting('closedloop.tenant') AND customer_id = $1 AND touchpoint = $2
  AND opened_at BETWEEN $3 AND $4 AND is_open AND followup_id <> $5
ORDER BY opened_at, followup_id
LIMIT $6;

-- name: insert_merge
INSERT INTO routing.merge (
    followup_id, version, into_id, tenant, state_before, merged_at, by, by_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: end_merge
UPDATE routing.merge SET split_at = $3 WHERE followup_id = $1 AND version = $2;
