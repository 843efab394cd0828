-- Publishers and their keys.

-- name: publisher_of_key
SELECT tenant, name
FROM ingest.publisher
WHERE key_hash = $1 AND revoked_at IS NULL;

-- name: insert_publisher
INSERT INTO ingest.publisher (tenant, name, key_hash)
VALUES ($1, $2, $3)
ON CONFLICT (tenant, name) WHERE revoked_at IS NULL DO NOTHING
RETURNING id;

-- name: revoke_publisher
UPDATE ingest.publisher
SET revoked_at = greatest(now(), created_at)
WHERE tenant = $1 AND name = $2 AND revoked_at IS NULL
RETURNING id;

-- name: list_publishers
SELECT tenant, name, created_at, revoked_at
FROM ingest.publisher
WHERE $1::text IS NULL OR tenant = $1
ORDER BY tenant, name, created_at;
