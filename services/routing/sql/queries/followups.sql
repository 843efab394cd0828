-- name: lock_rotations
-- Makes the rotations that are not there yet and locks them all, in the order given (sorted),
-- so that batches handled side by side wait for each other and never in a circle.
INSERT INTO routing.rotation AS rotation (tenant, team)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (tenant, team) DO UPDATE SET position = rotation.position
RETURNING tenant, team, position, turns;

-- name: advance_rotations
UPDATE routing.rotation AS rotation SET position = advanced.position, turns = advanced.turns
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[])
     AS advanced (tenant, team, position, turns)
WHERE rotation.tenant = advanced.tenant AND rotation.team = advanced.team;

-- name: loads_and_last_owners
-- How many follow-ups are open with each owner ($1, $2), counted up to $3; and who of a team had
-- each customer's last follow-up ($4, $5, $6) that changed since $7. A load has no team.
SELECT asked.tenant, NULL AS team, NULL AS customer_id, asked.owner, load.open
FROM unnest($1::text[], $2::text[]) AS asked (tenant, owner)
CROSS JOIN LATERAL (
    SELECT count(*) AS open
    FROM (SELECT FROM routing.followup
          WHERE tenant = asked.tenant AND owner = asked.owner AND is_open
          LIMIT $3) AS counted) AS load
UNION ALL
SELECT asked.tenant, asked.team, asked.customer_id, last.owner, NULL
FROM unnest($4::text[], $5::text[], $6::text[], $7::timestamptz[])
     AS asked (tenant, team, customer_id, since)
CROSS JOIN LATERAL (
    SELECT owner FROM routing.followup
    WHERE tenant = asked.tenant AND customer_id = asked.customer_id AND team = asked.team
      AND changed_at >= asked.since AND owner IS NOT NULL
    ORDER BY opened_at DESC, followup_id
    LIMIT 1) AS last;

-- name: opened_messages
-- The first change of each follow-up, found by feedback; opened_at names its partition.
SELECT followup.feedback_id, followup.customer_id, followup.tenant, opened.message
FROM routing.followup
JOIN routing.followup_change AS opened
  ON opened.followup_id = followup.followup_id AND opened.version = 1
 AND opened.changed_at = followup.opened_at
WHERE followup.feedback_id = ANY ($1::uuid[]);

-- name: insert_followups
INSERT INTO routing.followup (
    followup_id, tenant, feedback_id, version, state, team, department, owner, turn_place,
    turn_size, customer_id, segment, touchpoint, listening_post, occurred_at, received_at, text,
    language, scale, value, contact_name, contact_email, contact_phone, category, severity, rule,
    reason, program_version, opened_at, due_at, changed_at, assignment_why,
    assigned_as_last_resort, next_due_at, timetable, next_alarm_at, timed_by, escalation_level)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::int[], $10::int[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::timestamptz[], $16::timestamptz[], $17::text[], $18::text[], $19::text[],
    $20::double precision[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[],
    $26::text[], $27::text[], $28::int[], $29::timestamptz[], $30::timestamptz[],
    $31::timestamptz[], $32::jsonb[], $33::boolean[], $34::timestamptz[], $35::jsonb[],
    $36::timestamptz[], $37::int[], $38::smallint[])
ON CONFLICT DO NOTHING
RETURNING feedback_id;

-- name: insert_changes
INSERT INTO routing.followup_change (
    followup_id, version, changed_at, tenant, change, state, owner, actor, actor_name, note,
    message, assignment_why)
SELECT * FROM unnest(
    $1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::jsonb[]);

-- name: update_followup
-- Gives a row when the follow-up stood at the version before: who forgot its lock overwrites nothing.
UPDATE routing.followup
SET version = $2, state = $3, owner = $4, due_at = $5, changed_at = $6, cause_what = $7,
    cause_why = $8, action_taken = $9, resolved_at = $10, assignment_why = $11,
    assigned_as_last_resort = $12, next_due_at = $13, timetable = $14, next_alarm_at = $15, timed_by = $16,
    escalation_level = $17, issue_id = $18
WHERE followup_id = $1 AND version = $2 - 1
RETURNING true;

-- name: followup
SELECT * FROM routing.followup WHERE followup_id = $1;

-- name: followup_for_update
SELECT * FROM routing.followup WHERE followup_id = $1 FOR UPDATE;

-- name: history
SELECT version, change, state, owner, actor, actor_name, note, changed_at, assignment_why
FROM routing.followup_change
WHERE followup_id = $1 AND changed_at >= $2
ORDER BY version;

-- name: escalations
-- Who was told of these follow-ups, in the order in which they were.
SELECT * FROM routing.escalation WHERE followup_id = ANY ($1::uuid[])
ORDER BY followup_id, version;

-- name: claim_key
-- Takes an idempotency key for this transaction; one that is taken gives no row. A request under
-- way with the same key is waited for.
WITH forgotten AS (
    DELETE FROM routing.idempotency
    WHERE (tenant, subject, key) IN (
        SELECT tenant, subject, key FROM routing.idempotency
        WHERE created_at < now() - interval '1 day'
        LIMIT 100
        FOR UPDATE SKIP LOCKED)
)
INSERT INTO routing.idempotency (tenant, subject, key, fingerprint)
VALUES (current_setting('closedloop.tenant'), $1, $2, $3)
ON CONFLICT (tenant, subject, key) DO NOTHING
RETURNING true;

-- name: kept_answer
SELECT fingerprint, status, body, etag
FROM routing.idempotency
WHERE tenant = current_setting('closedloop.tenant') AND subject = $1 AND key = $2;

-- name: keep_answer
UPDATE routing.idempotency SET status = $3, body = $4, etag = $5
WHERE tenant = current_setting('closedloop.tenant') AND subject = $1 AND key = $2;

-- name: prepare_months
SELECT ground.ensure_month_partitions('routing.followup_change', 2);
