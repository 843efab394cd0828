-- name: design
SELECT plan_id, tenant, version, metric, touched, untouched, starts_on, weeks_before, weeks_after,
       expected, picked_first, picked_last, stake_customers, stake_leaving, stake_worth,
       stake_cost, stake_currency, reason, set_by, set_at, frozen_at
FROM outer_loop.impact_design
WHERE plan_id = $1
ORDER BY version DESC
LIMIT 1

-- name: add_design
INSERT INTO outer_loop.impact_design (
    plan_id, tenant, version, metric, touched, untouched, starts_on, weeks_before, weeks_after,
    expected, picked_first, picked_last, stake_customers, stake_leaving, stake_worth, stake_cost,
    stake_currency, reason, set_by, set_at, frozen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $21)

-- name: freeze_design
UPDATE outer_loop.impact_design SET frozen_at = $2
WHERE plan_id = $1 AND frozen_at IS NULL
  AND version = (SELECT max(version) FROM outer_loop.impact_design WHERE plan_id = $1)

-- name: issue_threshold
SELECT threshold_customers, threshold_days, program_version
FROM outer_loop.systemic_issue
WHERE (tenant, touchpoint, what) = ($1, $2, $3)

-- name: confirmed
SELECT DISTINCT customer_id, department, occurred_at
FROM outer_loop.followup_version
WHERE (tenant, touchpoint, what) = ($1, $2, $3)

-- name: heard_since
SELECT min(occurred_at) FROM outer_loop.feedback_fact WHERE (tenant, touchpoint) = ($1, $2)

-- name: busy
-- Touchpoints that a plan under way changes.
SELECT DISTINCT issue.touchpoint
FROM outer_loop.action_plan AS plan
JOIN outer_loop.systemic_issue AS issue USING (issue_id)
WHERE plan.tenant = $1
  AND plan.state IN ('under_review', 'approved', 'in_progress', 'implemented', 'measuring')

-- name: heard
-- Each group and week from $4 to $5 (its end excluded), in the zone $2; weeks count from the day
-- $3. $6 the groups, null for all. $7 what went wrong, null to count detractors. Customers count
-- once a week.
WITH said AS (
    SELECT touchpoint AS "group",
           floor(((occurred_at AT TIME ZONE $2::text)::date - $3::date) / 7.0)::int AS week,
           count(DISTINCT customer_id) AS listened,
           count(DISTINCT customer_id) FILTER (WHERE category = 'detractor') AS detractors
    FROM outer_loop.feedback_fact
    WHERE tenant = $1
      AND occurred_at >= $4::date::timestamp AT TIME ZONE $2::text
      AND occurred_at < $5::date::timestamp AT TIME ZONE $2::text
      AND ($6::text[] IS NULL OR touchpoint = ANY ($6))
    GROUP BY 1, 2
), met AS (
    SELECT touchpoint AS "group",
           floor(((occurred_at AT TIME ZONE $2::text)::date - $3::date) / 7.0)::int AS week,
           count(DISTINCT customer_id) AS customers
    FROM outer_loop.root_cause_fact
    WHERE tenant = $1 AND what = $7::text
      AND occurred_at >= $4::date::timestamp AT TIME ZONE $2::text
      AND occurred_at < $5::date::timestamp AT TIME ZONE $2::text
    GROUP BY 1, 2
)
SELECT "group", week, listened,
       CASE WHEN $7::text IS NULL THEN detractors ELSE coalesce(customers, 0) END AS amount
FROM said
LEFT JOIN met USING ("group", week)
ORDER BY "group", week

-- name: assessments
SELECT design_version, weeks_heard, assessed_at, is_final, outcome, report
FROM outer_loop.impact_assessment
WHERE plan_id = $1
ORDER BY design_version DESC, weeks_heard DESC
LIMIT 200

-- name: add_assessment
INSERT INTO outer_loop.impact_assessment (
    plan_id, design_version, weeks_heard, tenant, assessed_at, is_final, outcome, report)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
RETURNING true

-- name: measured_plans
-- Every plan that is being measured, whoever's it is.
SELECT tenant, plan_id FROM outer_loop.action_plan WHERE state = 'measuring'
ORDER BY tenant, plan_id

-- name: is_assessed
SELECT EXISTS (
    SELECT FROM outer_loop.impact_assessment
    WHERE (plan_id, design_version, weeks_heard) = ($1, $2, $3))
