-- name: watched
-- Of each issue among the given ones, the plan that was last found to work, while nothing has said
-- that it came back. $1 to $3: tenant, touchpoint, what.
SELECT DISTINCT ON (issue.issue_id)
       plan.plan_id, issue.tenant, issue.touchpoint, issue.what,
       coalesce(made.implemented_at, plan.changed_at) AS implemented_at,
       plan.changed_at AS effective_at,
       plan.plan_id IN (SELECT known.plan_id FROM outer_loop.recurrence AS known) AS is_known,
       (SELECT max(change.version) FROM outer_loop.change
        WHERE change.thing_id = issue.issue_id) AS issue_version
FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (tenant, touchpoint, what)
JOIN outer_loop.systemic_issue AS issue USING (tenant, touchpoint, what)
JOIN outer_loop.action_plan AS plan
    ON plan.issue_id = issue.issue_id AND plan.state = 'effective'
LEFT JOIN LATERAL (
    SELECT min(change.changed_at) AS implemented_at FROM outer_loop.change
    WHERE change.thing_id = plan.plan_id AND change.change = 'implemented') AS made ON true
ORDER BY issue.issue_id, plan.changed_at DESC, plan.plan_id

-- name: keep
INSERT INTO outer_loop.recurrence (
    plan_id, issue_id, tenant, customers, days, since, program_version, recurred_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::int[], $6::timestamptz[],
                     $7::int[], $8::timestamptz[])

-- name: of_issues
-- Which issues came back, the latest first; $1 null for all.
SELECT known.plan_id, known.issue_id, known.customers, known.days, known.since,
       known.recurred_at, plan.summary
FROM outer_loop.recurrence AS known
JOIN outer_loop.action_plan AS plan USING (plan_id)
WHERE $1::uuid IS NULL OR known.issue_id = $1
ORDER BY known.recurred_at DESC, known.plan_id
