-- name: due
-- Those whose alarm has come, the longest due first; what another clock has taken is its own.
SELECT * FROM routing.followup
WHERE next_alarm_at <= $2 AND tenant = ANY ($1::text[])
ORDER BY next_alarm_at
LIMIT $3
FOR UPDATE SKIP LOCKED;

-- name: timed_otherwise
-- Open ones of the tenants $1 that are timed by another version than $2 of their program.
SELECT followup.*
FROM unnest($1::text[], $2::int[]) AS active (tenant, version)
CROSS JOIN LATERAL (
    SELECT followup_id FROM routing.followup AS below
    WHERE below.tenant = active.tenant AND below.is_open AND below.timed_by < active.version
    UNION ALL
    SELECT followup_id FROM routing.followup AS above
    WHERE above.tenant = active.tenant AND above.is_open AND above.timed_by > active.version
    LIMIT $3) AS other
JOIN routing.followup USING (followup_id)
-- Asked again of each row when it is locked: another clock may have done it meanwhile.
WHERE followup.is_open AND followup.timed_by <> active.version
LIMIT $3
FOR UPDATE OF followup SKIP LOCKED;

-- name: next_alarm_at
SELECT next_alarm_at FROM routing.followup
WHERE next_alarm_at IS NOT NULL AND tenant = ANY ($1::text[])
ORDER BY next_alarm_at
LIMIT 1;

-- name: states
-- The states of these follow-ups so far, oldest first; $2 is when the first of them was opened.
SELECT followup_id, state, changed_at, change FROM routing.followup_change
WHERE followup_id = ANY ($1::uuid[]) AND changed_at >= $2
ORDER BY followup_id, version;

-- name: update_clocks
UPDATE routing.followup
SET version = caught.version, due_at = caught.due_at, changed_at = caught.changed_at,
    next_due_at = caught.next_due_at, timetable = caught.timetable,
    next_alarm_at = caught.next_alarm_at, timed_by = caught.timed_by,
    escalation_level = caught.escalation_level
FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
            $6::jsonb[], $7::timestamptz[], $8::int[], $9::smallint[])
     AS caught (followup_id, version, due_at, changed_at, next_due_at, timetable, next_alarm_at,
                timed_by, escalation_level)
WHERE followup.followup_id = caught.followup_id;

-- name: insert_escalations
INSERT INTO routing.escalation (
    followup_id, round, step, level, tenant, share, told, due_at, fired_at, version,
    program_version)
SELECT * FROM unnest(
    $1::uuid[], $2::int[], $3::text[], $4::smallint[], $5::text[], $6::double precision[],
    $7::text[], $8::timestamptz[], $9::timestamptz[], $10::int[], $11::int[]);
