-- name: known_versions
SELECT issue_id AS id, version FROM routing.systemic_issue WHERE issue_id = ANY ($1::uuid[])
UNION ALL
SELECT plan_id, version FROM routing.action_plan WHERE plan_id = ANY ($1::uuid[])

-- name: keep_issues
INSERT INTO routing.systemic_issue AS kept
    (issue_id, tenant, touchpoint, what, customers, state, version)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[],
                     $7::int[])
ON CONFLICT (issue_id) DO UPDATE
SET customers = excluded.customers, state = excluded.state, version = excluded.version
WHERE kept.version < excluded.version

-- name: keep_plans
INSERT INTO routing.action_plan AS kept
    (plan_id, tenant, issue_id, customers, state, changed_at, version)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::text[],
                     $6::timestamptz[], $7::int[])
ON CONFLICT (plan_id) DO UPDATE
SET customers = excluded.customers, state = excluded.state, changed_at = excluded.changed_at,
    version = excluded.version
WHERE kept.version < excluded.version

-- name: has_issue
SELECT EXISTS (
    SELECT FROM routing.systemic_issue
    WHERE issue_id = $1 AND tenant = current_setting('closedloop.tenant'));

-- name: issues
-- Each with the plan that was last changed; those first that most customers met.
SELECT issue.issue_id, issue.touchpoint, issue.what,
       greatest(issue.customers, plan.customers) AS customers, plan.state AS plan_state
FROM routing.systemic_issue AS issue
LEFT JOIN LATERAL (
    SELECT customers, state
    FROM routing.action_plan
    WHERE action_plan.issue_id = issue.issue_id
    ORDER BY changed_at DESC, plan_id
    LIMIT 1) AS plan ON true
WHERE issue.tenant = current_setting('closedloop.tenant')
ORDER BY customers DESC, issue.what, issue.issue_id
