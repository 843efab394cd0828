-- name: data_until
-- The latest thing that a customer said, not later than now.
SELECT max(occurred_at) FROM outer_loop.feedback_fact WHERE occurred_at <= $1

-- name: issues
-- $1 the end of the last 30 days, $2 to $4 filters, null for none.
WITH counted AS (
    SELECT tenant, touchpoint, what,
           count(*) AS followups,
           count(DISTINCT customer_id) AS customers,
           count(DISTINCT customer_id) FILTER (
               WHERE occurred_at > $1::timestamptz - interval '30 days' AND occurred_at <= $1::timestamptz)
               AS customers_30_days,
           min(occurred_at) AS first_occurred_at,
           max(occurred_at) AS last_occurred_at
    FROM outer_loop.root_cause_fact
    WHERE what IS NOT NULL
    GROUP BY tenant, touchpoint, what
)
SELECT issue.issue_id, issue.touchpoint, issue.what, issue.threshold_customers,
       issue.threshold_days, issue.program_version, issue.opened_at,
       (SELECT coalesce(array_agg(department ORDER BY department), '{}')
        FROM outer_loop.systemic_issue_department AS one
        WHERE one.issue_id = issue.issue_id) AS departments,
       coalesce(counted.followups, 0) AS followups,
       coalesce(counted.customers, 0) AS customers,
       coalesce(counted.customers_30_days, 0) AS customers_30_days,
       counted.first_occurred_at, counted.last_occurred_at
FROM outer_loop.systemic_issue AS issue
LEFT JOIN counted USING (tenant, touchpoint, what)
WHERE ($2::uuid IS NULL OR issue.issue_id = $2)
  AND ($3::text IS NULL OR issue.touchpoint = $3)
  AND ($4::text IS NULL OR EXISTS (
      SELECT FROM outer_loop.systemic_issue_department AS one
      WHERE one.issue_id = issue.issue_id AND one.department = $4))
ORDER BY customers_30_days DESC, customers DESC, issue.touchpoint, issue.what

-- name: plans_of_issues
SELECT plan_id FROM outer_loop.action_plan WHERE issue_id = ANY ($1::uuid[])

-- name: weekly_customers
-- For each issue, customers per week of the $4 weeks that end with $3, in the zone $2.
SELECT issue.issue_id,
       date_trunc('week', fact.occurred_at AT TIME ZONE $2::text)::date AS week,
       count(DISTINCT fact.customer_id) AS customers
FROM outer_loop.systemic_issue AS issue
JOIN outer_loop.root_cause_fact AS fact USING (tenant, touchpoint, what)
WHERE issue.issue_id = ANY ($1::uuid[])
  AND fact.occurred_at <= $3::timestamptz
  AND fact.occurred_at >= (date_trunc('week', $3::timestamptz AT TIME ZONE $2::text)
                           - ($4::int - 1) * interval '1 week') AT TIME ZONE $2::text
GROUP BY 1, 2

-- name: weeks_of_issue
-- Every week of the $4 that end with $3, in the zone $2, also those in which nothing was.
WITH this AS (
    SELECT tenant, touchpoint, what FROM outer_loop.systemic_issue WHERE issue_id = $1
), week AS (
    SELECT generate_series(
        date_trunc('week', $3::timestamptz AT TIME ZONE $2::text) - ($4::int - 1) * interval '1 week',
        date_trunc('week', $3::timestamptz AT TIME ZONE $2::text), interval '1 week') AS starts
), bounds AS (
    SELECT min(starts) AT TIME ZONE $2::text AS first FROM week
), causes AS (
    SELECT date_trunc('week', occurred_at AT TIME ZONE $2::text) AS starts,
           count(*) AS followups, count(DISTINCT customer_id) AS customers
    FROM outer_loop.root_cause_fact JOIN this USING (tenant, touchpoint, what)
    WHERE occurred_at >= (SELECT first FROM bounds) AND occurred_at <= $3::timestamptz
    GROUP BY 1
), voices AS (
    SELECT date_trunc('week', occurred_at AT TIME ZONE $2::text) AS starts,
           count(*) AS feedback, count(*) FILTER (WHERE category = 'detractor') AS detractors
    FROM outer_loop.feedback_fact JOIN this USING (tenant, touchpoint)
    WHERE occurred_at >= (SELECT first FROM bounds) AND occurred_at <= $3::timestamptz
    GROUP BY 1
)
SELECT week.starts::date AS week,
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
-- $1 the dimension, $2 and $3 the period (its end excluded), $4 the zone, $5 whether by week.
SELECT CASE $1::text WHEN 'touchpoint' THEN touchpoint WHEN 'department' THEN department
               WHEN 'what' THEN what ELSE why END AS name,
       CASE WHEN $5::bool THEN date_trunc('week', occurred_at AT TIME ZONE $4::text)::date END AS week,
       count(*) AS confirmed,
       count(DISTINCT customer_id) AS customers
FROM outer_loop.root_cause_fact
WHERE what IS NOT NULL AND occurred_at >= $2 AND occurred_at < $3
GROUP BY 1, 2

-- name: voices
-- As above; a feedback event has a touchpoint and a department, but no cause of its own.
SELECT CASE $1::text WHEN 'touchpoint' THEN touchpoint WHEN 'department' THEN department END AS name,
       CASE WHEN $5::bool THEN date_trunc('week', occurred_at AT TIME ZONE $4::text)::date END AS week,
       count(*) AS feedback,
       count(*) FILTER (WHERE category = 'detractor') AS detractors
FROM outer_loop.feedback_fact
WHERE occurred_at >= $2 AND occurred_at < $3
GROUP BY 1, 2

-- name: forming
-- The causes that come nearest to the threshold: distinct customers within the $1 days that end
-- with the latest one of them.
WITH confirmed AS (
    SELECT tenant, touchpoint, what, customer_id, occurred_at,
           max(occurred_at) OVER (PARTITION BY tenant, touchpoint, what) AS latest
    FROM outer_loop.followup_version
    WHERE what IS NOT NULL
)
SELECT confirmed.touchpoint, confirmed.what, count(DISTINCT customer_id) AS customers
FROM confirmed
LEFT JOIN outer_loop.systemic_issue AS issue USING (tenant, touchpoint, what)
WHERE issue.issue_id IS NULL AND occurred_at > latest - $1::int * interval '1 day'
GROUP BY confirmed.tenant, confirmed.touchpoint, confirmed.what
ORDER BY customers DESC, confirmed.touchpoint, confirmed.what
LIMIT $2

-- name: detection_of_issue
SELECT kind, sentence, span, customers, usual, chance, as_of, program_version
FROM outer_loop.detection
WHERE tenant = current_setting('closedloop.tenant') AND issue_id = $1
