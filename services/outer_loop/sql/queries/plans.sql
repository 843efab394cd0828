-- name: issue
SELECT issue.tenant, issue.touchpoint, issue.what,
       (SELECT coalesce(array_agg(department ORDER BY department), '{}')
        FROM outer_loop.systemic_issue_department WHERE issue_id = issue.issue_id) AS departments,
       (SELECT count(DISTINCT fact.customer_id)
        FROM outer_loop.root_cause_fact AS fact
        WHERE (fact.tenant, fact.touchpoint, fact.what)
            = (issue.tenant, issue.touchpoint, issue.what)) AS customers
FROM outer_loop.systemic_issue AS issue
WHERE issue.issue_id = $1

-- name: lock_plan
SELECT plan_id FROM outer_loop.action_plan WHERE plan_id = $1 FOR UPDATE

-- name: plans
SELECT plan_id, tenant, issue_id, version, state, held_from, summary, reason, proposed_by,
       proposed_at, changed_at
FROM outer_loop.action_plan
WHERE plan_id = ANY ($1::uuid[])

-- name: items_of_plans
SELECT plan_id, item_id, department, owner, due_on, description, effect_metric,
       effect_change_percent, effect_by, done_on
FROM outer_loop.action_item
WHERE plan_id = ANY ($1::uuid[])
ORDER BY plan_id, place

-- name: decisions_of_plans
SELECT plan_id, department, verdict, reason, decided_by, decided_at
FROM outer_loop.plan_decision
WHERE plan_id = ANY ($1::uuid[])
ORDER BY plan_id, department

-- name: save_plan
INSERT INTO outer_loop.action_plan (
    plan_id, tenant, issue_id, version, state, held_from, summary, reason, proposed_by,
    proposed_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (plan_id) DO UPDATE SET
    version = excluded.version,
    state = excluded.state,
    held_from = excluded.held_from,
    summary = excluded.summary,
    reason = excluded.reason,
    changed_at = excluded.changed_at

-- name: clear_items
DELETE FROM outer_loop.action_item WHERE plan_id = $1

-- name: save_items
INSERT INTO outer_loop.action_item (
    plan_id, tenant, place, item_id, department, owner, due_on, description, done_on,
    effect_metric, effect_change_percent, effect_by)
SELECT $1, $2, given.place - 1, given.item_id, given.department, given.owner, given.due_on,
       given.description, given.done_on, given.metric, given.change_percent, given.effect_by
FROM unnest($3::uuid[], $4::text[], $5::text[], $6::date[], $7::text[], $8::date[], $9::text[],
            $10::float8[], $11::date[]) WITH ORDINALITY
    AS given (item_id, department, owner, due_on, description, done_on, metric, change_percent,
              effect_by, place)

-- name: save_decisions
INSERT INTO outer_loop.plan_decision (
    plan_id, tenant, department, verdict, reason, decided_by, decided_at)
SELECT $1, $2, given.*
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) AS given
ON CONFLICT (plan_id, department) DO UPDATE SET
    verdict = excluded.verdict,
    reason = excluded.reason,
    decided_by = excluded.decided_by,
    decided_at = excluded.decided_at

-- name: forget_keys
-- A key lasts a day. Those that another request is at are left to it.
DELETE FROM outer_loop.idempotency
WHERE (tenant, subject, key) IN (
    SELECT tenant, subject, key FROM outer_loop.idempotency
    WHERE tenant = $1 AND created_at < now() - interval '1 day'
    ORDER BY created_at LIMIT 100
    FOR UPDATE SKIP LOCKED)

-- name: claim
-- Waits for a request with the same key that is under way.
INSERT INTO outer_loop.idempotency (tenant, subject, key, request_sha256)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
RETURNING true

-- name: kept_answer
SELECT request_sha256, status, body, etag, location
FROM outer_loop.idempotency
WHERE (tenant, subject, key) = ($1, $2, $3)

-- name: keep_answer
UPDATE outer_loop.idempotency SET status = $4, body = $5, etag = $6, location = $7
WHERE (tenant, subject, key) = ($1, $2, $3)
