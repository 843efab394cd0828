-- name: keep_later_scores
-- Keeps what customers said ($1 to $6, by tenant, customer, moment, category, scale, value) with
-- each of their follow-ups that was resolved before, by $7 at most; of several the last one. Who
-- had their data erased is let be.
INSERT INTO routing.later_score AS kept (followup_id, tenant, said_at, category, scale, value)
SELECT DISTINCT ON (followup_id) followup_id, tenant, said_at, said.category, said.scale, said.value
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[],
            $6::double precision[])
     AS said (tenant, customer_id, said_at, category, scale, value)
JOIN routing.followup USING (tenant, customer_id)
WHERE resolved_at < said_at AND said_at <= resolved_at + $7::interval
  AND NOT EXISTS (
      SELECT FROM routing.promise
      WHERE promise.followup_id = followup.followup_id AND erasure_asked_at IS NOT NULL)
ORDER BY followup_id, said_at DESC
ON CONFLICT (followup_id) DO UPDATE
SET said_at = excluded.said_at, category = excluded.category, scale = excluded.scale,
    value = excluded.value
WHERE kept.said_at < excluded.said_at;
