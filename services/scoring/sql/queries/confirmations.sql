-- name: add_versions
-- The ids come sorted: batches that run side by side take the same ids in the same order.
INSERT INTO scoring.confirmation (
    followup_id, version, changed_at, tenant, feedback_id, what, why, confirmed_at)
SELECT * FROM unnest(
    $1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::text[],
    $8::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING followup_id, version

-- name: confirmed_texts
-- The tenant's texts since the moment $2, in the order in which they came in, each with what its
-- owner says went wrong.
SELECT received_at, text, what
FROM (
    SELECT DISTINCT ON (followup_id) feedback_id, what
    FROM scoring.confirmation
    WHERE tenant = $1
    ORDER BY followup_id, version DESC) AS latest
JOIN scoring.feedback_key USING (feedback_id)
JOIN scoring.feedback USING (feedback_id, received_at)
CROSS JOIN LATERAL (SELECT message::jsonb #>> '{data,feedback,text}' AS text) AS said
WHERE what IS NOT NULL AND text IS NOT NULL AND tenant = $1 AND received_at >= $2
ORDER BY received_at, feedback_id

-- name: ensure_partitions
SELECT ground.ensure_month_partitions('scoring.confirmation', 3)
