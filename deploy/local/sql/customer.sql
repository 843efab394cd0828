-- name: somebody_who_waits
-- The open follow-up of a tenant whose time runs out next, of somebody who wrote something.
SELECT followup_id, coalesce(promise.generation, 0) AS generation
FROM routing.followup
LEFT JOIN routing.promise USING (followup_id)
WHERE followup.tenant = $1 AND is_open AND text <> ''
ORDER BY breach_at, followup_id
LIMIT 1
