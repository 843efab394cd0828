-- What taking a customer out of these tables means: $1 the tenant, $2 the customer, $3 the name
-- that stands for nobody from now on. Counts of distinct customers stay what they were.

-- name: counted_customer
-- First: whoever counts this customer at this moment is waited for.
UPDATE outer_loop.counted_customer SET customer_id = $3 WHERE tenant = $1 AND customer_id = $2

-- name: cause_sighting
UPDATE outer_loop.cause_sighting SET customer_id = $3 WHERE tenant = $1 AND customer_id = $2

-- name: feedback_fact
UPDATE outer_loop.feedback_fact SET customer_id = $3, account_id = NULL
WHERE tenant = $1 AND customer_id = $2

-- name: followup_version
UPDATE outer_loop.followup_version SET customer_id = $3 WHERE tenant = $1 AND customer_id = $2

-- name: root_cause_fact
UPDATE outer_loop.root_cause_fact SET customer_id = $3 WHERE tenant = $1 AND customer_id = $2

-- name: flagged_feedback
UPDATE outer_loop.flagged_feedback SET customer_id = $3 WHERE tenant = $1 AND customer_id = $2

-- name: followup_thread
UPDATE outer_loop.followup_thread SET customer_id = $3 WHERE tenant = $1 AND customer_id = $2

-- name: communication_recipient
-- Who was not told yet is not told any more.
UPDATE outer_loop.communication_recipient
SET customer_id = $3, outcome = coalesce(outcome, 'not_reachable'),
    why_not = CASE WHEN outcome IS NULL THEN 'erased' ELSE why_not END,
    settled_at = coalesce(settled_at, now())
WHERE tenant = $1 AND customer_id = $2
