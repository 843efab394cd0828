-- name: keep
-- No row when the tenant has kept the same content before: it stays as it was.
INSERT INTO scoring.model (tenant, version, target, labels, file, card, who, why, kept_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING
RETURNING version

-- name: kept
SELECT tenant, version, target, labels, card, who, why, kept_at
FROM scoring.model
WHERE tenant = $1
ORDER BY kept_at DESC, version

-- name: judging
-- What those of the tenant's models judge that have the versions $2.
SELECT version, target, labels
FROM scoring.model
WHERE tenant = $1 AND version = ANY ($2::text[])

-- name: files
SELECT tenant, version, file
FROM scoring.model
JOIN unnest($1::text[], $2::text[]) AS wanted (tenant, version) USING (tenant, version)
