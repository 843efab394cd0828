-- name: data_until
-- The latest thing that a customer said, not later than now.
SELECT max(occurred_at) FROM outer_loop.feedback_fact WHERE occurred_at <= $1

-- name: issues
-- $1 the end of the last 30 days, $2 to $4 filters, null for none. Counted by day (docs/adr/0015).
WITH today AS (
    SELECT ($1::timestamptz AT TIME ZONE coalesce(
        (SELECT time_zone FROM outer_loop.day_zone
         WHERE tenant = current_setting('closedloop.tenant')), 'UTC'))::date AS last
), counted AS (
    SELECT at AS touchpoint, name AS what,
           sum(things)::bigint AS followups,
           sum(customers) FILTER (WHERE previous_day = '-infinity')::bigint AS customers,
           sum(customers) FILTER (
               WHERE day BETWEEN last - 29 AND last AND previous_day < last - 29)::bigint
               AS customers_30_days
    FROM outer_loop.cause_day, today
    WHERE tenant = current_setting('closedloop.tenant')
      AND kind = 'confirmed' AND dimension = 'what_at'
    GROUP BY at, name
)
SELECT issue.issue_id, issue.touchpoint, issue.what, issue.threshold_customers,
       issue.threshold_days, issue.program_version, issue.opened_at,
       (SELECT coalesce(array_agg(department ORDER BY department), '{}')
        FROM outer_loop.systemic_issue_department AS one
        WHERE one.issue_id = issue.issue_id) AS departments,
       coalesce(counted.followups, 0) AS followups,
       coalesce(counted.customers, 0) AS customers,
       coalesce(counted.customers_30_days, 0) AS customers_30_days,
       met.first_occurred_at, met.last_occurred_at
FROM outer_loop.systemic_issue AS issue
LEFT JOIN counted USING (touchpoint, what)
LEFT JOIN LATERAL (
    SELECT min(occurred_at) AS first_occurred_at, max(occurred_at) AS last_occurred_at
    FROM outer_loop.root_cause_fact AS fact
    WHERE fact.tenant = issue.tenant AND fact.touchpoint = issue.touchpoint
      AND fact.what = issue.what) AS met ON true
WHERE issue.tenant = current_setting('closedloop.tenant')
  AND ($2::uuid IS NULL OR issue.issue_id = $2)
  AND ($3::text IS NULL OR issue.touchpoint = $3)
  AND ($4::text IS NULL OR EXISTS (
      SELECT FROM outer_loop.systemic_issue_department AS one
      WHERE one.issue_id = issue.issue_id AND one.department = $4))
ORDER BY customers_30_days DESC, customers DESC, issue.touchpoint, issue.what

-- name: plans_of_issues
SELECT plan_id FROM outer_loop.action_plan WHERE issue_id = ANY ($1::uuid[])

-- name: weekly_customers
-- For each issue, customers per week of the $3 weeks that end with the day $2.
SELECT issue.issue_id, date_trunc('week', day)::date AS week, sum(customers)::bigint AS customers
FROM outer_loop.systemic_issue AS issue
JOIN outer_loop.cause_day AS met
  ON (met.tenant, met.at, met.name) = (issue.tenant, issue.touchpoint, issue.what)
WHERE issue.issue_id = ANY ($1::uuid[])
  AND met.kind = 'confirmed' AND met.dimension = 'what_at'
  AND day BETWEEN date_trunc('week', $2::date)::date - ($3::int - 1) * 7 AND $2::date
  AND previous_day < date_trunc('week', day)::date
GROUP BY 1, 2
HAVING sum(customers) <> 0

-- name: weeks_of_issue
-- Every week of the $3 that end with the day $2, also those in which nothing was.
WITH this AS (
    SELECT tenant, touchpoint, what FROM outer_loop.systemic_issue WHERE issue_id = $1
), week AS (
    SELECT date_trunc('week', $2::date)::date - 7 * back AS starts
    FROM generate_series(0, $3::int - 1) AS back
), causes AS (
    SELECT date_trunc('week', day)::date AS starts, sum(things)::bigint AS followups,
           sum(customers) FILTER (WHERE previous_day < date_trunc('week', day)::date)::bigint
               AS customers
    FROM outer_loop.cause_day AS met
    JOIN this ON (met.tenant, met.at, met.name) = (this.tenant, this.touchpoint, this.what)
    WHERE met.kind = 'confirmed' AND met.dimension = 'what_at'
      AND day BETWEEN (SELECT min(starts) FROM week) AND $2::date
    GROUP BY 1
), voices AS (
    SELECT date_trunc('week', day)::date AS starts,
           sum(feedback)::bigint AS feedback, sum(detractors)::bigint AS detractors
    FROM outer_loop.voice_day AS said
    JOIN this ON (said.tenant, said.name) = (this.tenant, this.touchpoint)
    WHERE said.dimension = 'touchpoint'
      AND day BETWEEN (SELECT min(starts) FROM week) AND $2::date
    GROUP BY 1
)
SELECT week.starts AS week,
       coalesce(causes.followups, 0) AS followups,
       coalesce(causes.customers, 0) AS customers,
       coalesce(voices.detractors, 0) AS detractors,
       coalesce(voices.feedback, 0) AS feedback
FROM week
LEFT JOIN causes USING (starts)
LEFT JOIN voices USING (starts)
ORDER BY week.starts

-- name: whys_of_issue
SELECT why, count(*) AS followups, count(DISTINCT customer_id) AS customers
FROM outer_loop.root_cause_fact AS fact
JOIN outer_loop.systemic_issue AS issue USING (tenant, touchpoint, what)
WHERE issue.issue_id = $1
GROUP BY why
ORDER BY customers DESC, why

-- name: followups_of_issue
SELECT fact.followup_id, fact.customer_id, fact.department, fact.state, fact.severity, fact.why,
       fact.occurred_at, fact.resolved_at
FROM outer_loop.root_cause_fact AS fact
JOIN outer_loop.systemic_issue AS issue USING (tenant, touchpoint, what)
WHERE issue.issue_id = $1
ORDER BY fact.occurred_at DESC, fact.followup_id
LIMIT $2

-- name: changes_of_issue
SELECT kind, thing_id, version, change, actor, reason, changed_at
FROM outer_loop.change
WHERE issue_id = $1
ORDER BY changed_at DESC, version DESC
LIMIT 200

-- name: causes
-- $1 the dimension, $2 and $3 the first and the last day, $4 whether by week.
SELECT name, CASE WHEN $4::bool THEN date_trunc('week', day)::date END AS week,
       sum(things)::bigint AS confirmed,
       coalesce(sum(customers) FILTER (
           WHERE previous_day < CASE WHEN $4::bool
                                THEN greatest($2::date, date_trunc('week', day)::date)
                                ELSE $2::date END), 0)::bigint AS customers
FROM outer_loop.cause_day
WHERE tenant = current_setting('closedloop.tenant') AND kind = 'confirmed' AND dimension = $1
  AND day BETWEEN $2::date AND $3::date
GROUP BY 1, 2
HAVING sum(things) <> 0

-- name: voices
-- As above; a feedback event has a touchpoint and a department, but no cause of its own.
SELECT CASE WHEN $1::text IN ('touchpoint', 'department') THEN name END AS name,
       CASE WHEN $4::bool THEN date_trunc('week', day)::date END AS week,
       sum(feedback)::bigint AS feedback,
       sum(detractors)::bigint AS detractors
FROM outer_loop.voice_day
WHERE tenant = current_setting('closedloop.tenant')
  AND dimension = CASE WHEN $1::text = 'department' THEN 'department' ELSE 'touchpoint' END
  AND day BETWEEN $2::date AND $3::date
GROUP BY 1, 2

-- name: forming
-- The causes that come nearest to the threshold: distinct customers within the $1 days that end
-- with the latest one of them.
WITH met AS (
    SELECT at, name, day, previous_day, sum(customers) AS customers
    FROM outer_loop.cause_day
    WHERE tenant = current_setting('closedloop.tenant')
      AND kind = 'confirmed' AND dimension = 'what_at'
    GROUP BY at, name, day, previous_day
    HAVING sum(things) > 0
), latest AS (
    SELECT met.*, max(day) OVER (PARTITION BY at, name) - ($1::int - 1) AS first FROM met
)
SELECT latest.at AS touchpoint, latest.name AS what, sum(latest.customers)::bigint AS customers
FROM latest
LEFT JOIN outer_loop.systemic_issue AS issue
  ON issue.tenant = current_setting('closedloop.tenant')
 AND (issue.touchpoint, issue.what) = (latest.at, latest.name)
WHERE issue.issue_id IS NULL AND day >= first AND previous_day < first
GROUP BY latest.at, latest.name
ORDER BY customers DESC, latest.at, latest.name
LIMIT $2

-- name: detection_of_issue
SELECT kind, sentence, span, customers, usual, chance, as_of, program_version
FROM outer_loop.detection
WHERE tenant = current_setting('closedloop.tenant') AND issue_id = $1
