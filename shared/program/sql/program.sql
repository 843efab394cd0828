-- name: active_versions
SELECT DISTINCT ON (tenant) tenant, version
FROM program.activation
ORDER BY tenant, activation_id DESC

-- name: documents
SELECT tenant, version, document
FROM program.version
JOIN unnest($1::text[], $2::int[]) AS wanted (tenant, version) USING (tenant, version)

-- name: lock_tenant
-- Two activations of one tenant wait for each other, so that no version is given twice.
SELECT pg_advisory_xact_lock(hashtext('program.version ' || $1))

-- name: active_version
SELECT version.version, version.sha256
FROM program.activation
JOIN program.version USING (tenant, version)
WHERE tenant = $1
ORDER BY activation_id DESC
LIMIT 1

-- name: insert_version
INSERT INTO program.version (tenant, version, document, sha256, who, why, created_at)
SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6
FROM program.version
WHERE tenant = $1
RETURNING version

-- name: insert_activation
INSERT INTO program.activation (tenant, version, active_from, who, why)
VALUES ($1, $2, $3, $4, $5)

-- name: show_active
-- The active program of one tenant, of all where $1 is null.
SELECT DISTINCT ON (tenant) tenant, version, document, activation.who, activation.why, active_from
FROM program.activation
JOIN program.version USING (tenant, version)
WHERE $1::text IS NULL OR tenant = $1
ORDER BY tenant, activation_id DESC
