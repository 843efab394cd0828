-- name: funnel
-- Customers of the issue $1 at each step; who has a confirmed cause anywhere counts as confirmed.
WITH customer AS (
    SELECT min(basis) AS basis, bool_or(answered_at IS NOT NULL) AS is_answered,
           bool_or(implemented_at IS NOT NULL) AS is_fixed, min(outcome) AS outcome,
           min(later_category) AS later_category
    FROM outer_loop.thread
    WHERE issue_id = $1
    GROUP BY customer_id
)
SELECT basis,
       count(*) AS heard,
       count(*) FILTER (WHERE is_answered) AS answered,
       count(*) FILTER (WHERE is_fixed) AS fixed,
       count(*) FILTER (WHERE outcome = 'told') AS told,
       count(*) FILTER (WHERE outcome = 'on_the_way') AS on_the_way,
       count(*) FILTER (WHERE outcome = 'not_reachable') AS not_reachable,
       count(*) FILTER (WHERE later_category IS NOT NULL) AS later,
       count(*) FILTER (WHERE later_category = 'promoter') AS later_promoters,
       count(*) FILTER (WHERE later_category = 'passive') AS later_passives,
       count(*) FILTER (WHERE later_category = 'detractor') AS later_detractors,
       count(*) FILTER (WHERE outcome = 'told' AND later_category IS NULL) AS silent
FROM customer
GROUP BY basis

-- name: rows
-- The follow-ups behind one number: of the issue $1, at the step $2, of customers with the basis
-- $3 (null for both); $4 at most, those behind the place ($5, $6).
SELECT * FROM (
    SELECT thread.*, min(basis) OVER (PARTITION BY customer_id) AS customer_basis
    FROM outer_loop.thread AS thread
    WHERE issue_id = $1) AS one
WHERE ($3::text IS NULL OR customer_basis = $3)
  AND CASE $2::text
          WHEN 'heard' THEN true
          WHEN 'answered' THEN answered_at IS NOT NULL
          WHEN 'fixed' THEN implemented_at IS NOT NULL
          WHEN 'later' THEN later_feedback_id IS NOT NULL
          WHEN 'silent' THEN outcome = 'told' AND later_feedback_id IS NULL
          ELSE outcome = $2
      END
  AND ($5::timestamptz IS NULL OR (occurred_at, followup_id) < ($5, $6::uuid))
ORDER BY occurred_at DESC, followup_id DESC
LIMIT $4

-- name: threads_of
-- Forward from a follow-up $1 or the feedback $2 that opened it, and back from a later score $2.
SELECT thread.* FROM outer_loop.thread AS thread
WHERE followup_id = $1 OR feedback_id = $2
ORDER BY issue_id

-- name: threads_behind
-- Back from a later score $1. Its customer narrows the search to a few.
SELECT thread.* FROM outer_loop.thread AS thread
JOIN outer_loop.feedback_fact AS said
    ON (said.tenant, said.customer_id, said.touchpoint)
     = (thread.tenant, thread.customer_id, thread.touchpoint)
WHERE said.feedback_id = $1 AND thread.later_feedback_id = $1
ORDER BY thread.issue_id, thread.followup_id

-- name: followups_known
SELECT followup_id, feedback_id, customer_id, touchpoint, occurred_at, state, answered_at
FROM outer_loop.followup_thread
WHERE followup_id = $1 OR feedback_id = $2
