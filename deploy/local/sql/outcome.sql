-- name: feedback
-- What became of the records that publishers sent ($1), from the ledger: scoring reads what owners
-- confirm besides.
SELECT coalesce(sum(handled), 0)::bigint AS scored,
       coalesce(sum(duplicates), 0)::bigint AS duplicates,
       coalesce(sum(dead_letters), 0)::bigint AS dead_letters
FROM ledger.batch
WHERE consumer_group = 'scoring' AND topic = $1

-- name: detractors
SELECT count(*) FROM scoring.feedback WHERE category = 'detractor'

-- name: followups
SELECT count(*) FROM routing.followup

-- name: systemic_issues
SELECT count(*) FROM outer_loop.systemic_issue

-- name: action_plans
SELECT count(*) FROM outer_loop.action_plan
