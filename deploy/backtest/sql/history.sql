-- name: snapshot
SELECT pg_export_snapshot()

-- name: events
-- Nobody can hand in what is yet to be said, by clocks that are a day apart at most: months
-- before $2 need not be looked at.
SELECT feedback_id, customer_id, received_at, occurred_at, flagged, severity, rule,
       program_version, message
FROM scoring.feedback
WHERE tenant = $1 AND occurred_at >= $2 AND occurred_at < $3
  AND received_at >= $2 - interval '1 day'

-- name: events_by_customer
-- In the order in which each customer's events were scored.
SELECT feedback_id, customer_id, received_at, occurred_at, flagged, severity, rule,
       program_version, message
FROM scoring.feedback
WHERE tenant = $1 AND occurred_at >= $2 AND occurred_at < $3
  AND received_at >= $2 - interval '1 day'
ORDER BY customer_id, received_at, feedback_id

-- name: confirmed
SELECT feedback_id, cause_why
FROM routing.followup
WHERE tenant = $1 AND feedback_id = ANY ($2::uuid[]) AND cause_why IS NOT NULL

-- name: paces
-- How many follow-ups each owner resolved from $2 to $3, how many of them too late.
SELECT team, owner, count(*) AS resolved, count(*) FILTER (WHERE resolved_at > due_at) AS late,
       min(resolved_at) AS first, max(resolved_at) AS last
FROM routing.followup
WHERE tenant = $1 AND resolved_at >= $2 AND resolved_at < $3 AND owner IS NOT NULL
GROUP BY team, owner
ORDER BY team, owner
