-- name: starts
-- All that ever counted: a topic that is read again is judged by what counted then.
SELECT tenant, active_from, activation_id, version
FROM program.activation

-- name: decisions
SELECT activation_id, version, active_from, activated_at
FROM program.activation
WHERE tenant = $1

-- name: documents
SELECT tenant, version, document, base
FROM program.version
JOIN unnest($1::text[], $2::int[]) AS wanted (tenant, version) USING (tenant, version)

-- name: lock_tenant
-- Two activations of one tenant wait for each other, so that no version is given twice.
SELECT pg_advisory_xact_lock(hashtext('program.version ' || $1))

-- name: digest
-- No row for a version that there is not.
SELECT sha256
FROM program.version
WHERE tenant = $1 AND version = $2

-- name: insert_version
INSERT INTO program.version (tenant, version, document, base, sha256, who, why, created_at)
SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7
FROM program.version
WHERE tenant = $1
RETURNING version

-- name: insert_activation
INSERT INTO program.activation (tenant, version, active_from, activated_at, who, why)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: show_active
-- What counts at the moment $2 for one tenant, for all where $1 is null.
SELECT DISTINCT ON (tenant)
    tenant, version, document, activation.who, activation.why, active_from, activated_at
FROM program.activation
JOIN program.version USING (tenant, version)
WHERE ($1::text IS NULL OR tenant = $1) AND active_from <= $2
ORDER BY tenant, active_from DESC, activation_id DESC

-- name: history
SELECT tenant, version, who, why, active_from, activated_at
FROM program.activation
WHERE $1::text IS NULL OR tenant = $1
ORDER BY tenant, activation_id
