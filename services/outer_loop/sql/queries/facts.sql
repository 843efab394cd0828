-- name: add_feedback
INSERT INTO outer_loop.feedback_fact (
    feedback_id, received_at, tenant, customer_id, touchpoint, department, category, severity,
    occurred_at, segment, journey, place, product, account_id, customer_value, theme,
    theme_millionths, cause, cause_millionths)
SELECT * FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::text[], $15::float8[], $16::text[], $17::int[], $18::text[], $19::int[])
ON CONFLICT DO NOTHING
RETURNING feedback_id

-- name: add_versions
INSERT INTO outer_loop.followup_version (
    followup_id, version, changed_at, tenant, customer_id, touchpoint, department, what, why,
    occurred_at)
SELECT * FROM unnest(
    $1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING followup_id, version

-- name: keep_latest
INSERT INTO outer_loop.root_cause_fact AS known (
    followup_id, version, changed_at, tenant, customer_id, touchpoint, department, what, why,
    occurred_at, state, severity, resolved_at)
SELECT * FROM unnest(
    $1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::timestamptz[])
ON CONFLICT (followup_id) DO UPDATE SET
    version = excluded.version,
    changed_at = excluded.changed_at,
    customer_id = excluded.customer_id,
    touchpoint = excluded.touchpoint,
    department = excluded.department,
    what = excluded.what,
    why = excluded.why,
    occurred_at = excluded.occurred_at,
    state = excluded.state,
    severity = excluded.severity,
    resolved_at = excluded.resolved_at
WHERE known.version < excluded.version
RETURNING old.customer_id AS old_customer_id, old.touchpoint AS old_touchpoint,
          old.department AS old_department, old.what AS old_what, old.why AS old_why,
          old.occurred_at AS old_occurred_at,
          new.tenant, new.customer_id, new.touchpoint, new.department, new.what, new.why,
          new.occurred_at

-- name: hold_keys
-- Taken in the order of the numbers, the same for everyone: two batches never wait for each
-- other. Held to the end of the transaction, so that whoever comes next sees these facts too.
SELECT pg_advisory_xact_lock(lock_number)
FROM (SELECT DISTINCT hashtextextended(name, 0) AS lock_number
      FROM unnest($1::text[]) AS name
      ORDER BY lock_number) AS in_order

-- name: open_among
SELECT issue.tenant, issue.touchpoint, issue.what
FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (tenant, touchpoint, what)
JOIN outer_loop.systemic_issue AS issue USING (tenant, touchpoint, what)

-- name: confirmations
SELECT DISTINCT
    known.tenant, known.touchpoint, known.what, known.customer_id, known.department,
    known.occurred_at
FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (tenant, touchpoint, what)
JOIN outer_loop.followup_version AS known USING (tenant, touchpoint, what)

-- name: open_issues
INSERT INTO outer_loop.systemic_issue (
    issue_id, tenant, touchpoint, what, threshold_customers, threshold_days, program_version,
    opened_at)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[],
    $8::timestamptz[])

-- name: add_departments
INSERT INTO outer_loop.systemic_issue_department (issue_id, tenant, department)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ON CONFLICT DO NOTHING

-- name: log_changes
INSERT INTO outer_loop.change (
    thing_id, version, changed_at, tenant, kind, issue_id, change, actor, reason, message,
    followup_id, followup_version)
SELECT * FROM unnest(
    $1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[], $7::text[],
    $8::text[], $9::text[], $10::bytea[], $11::uuid[], $12::int[])

-- name: messages_of
SELECT change.followup_id, change.followup_version, change.tenant, change.issue_id,
       change.version, change.change, change.actor, change.reason, change.changed_at,
       change.message
FROM unnest($1::uuid[], $2::int[]) AS wanted (followup_id, followup_version)
JOIN outer_loop.change USING (followup_id, followup_version)
ORDER BY change.thing_id, change.version

-- name: ensure_partitions
SELECT ground.ensure_month_partitions(name::regclass, 3)
FROM unnest(ARRAY['outer_loop.feedback_fact', 'outer_loop.followup_version',
                  'outer_loop.change']) AS name
