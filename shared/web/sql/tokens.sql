-- Tokens of programs.

-- name: token_in_use
-- The use is noted once an hour: more often would write a row for each request.
WITH used AS (
    UPDATE web.access_token
    SET last_used_at = now()
    WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > now()
      AND (last_used_at IS NULL OR last_used_at < now() - interval '1 hour')
)
SELECT tenant, name, roles, scopes
FROM web.access_token
WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > now();

-- name: insert_token
INSERT INTO web.access_token (tenant, name, roles, scopes, token_hash, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, name) WHERE revoked_at IS NULL DO NOTHING
RETURNING id;

-- name: revoke_token
UPDATE web.access_token
SET revoked_at = greatest(now(), created_at)
WHERE tenant = $1 AND name = $2 AND revoked_at IS NULL
RETURNING id;

-- name: list_tokens
SELECT tenant, name, roles, scopes, created_at, expires_at, revoked_at, last_used_at
FROM web.access_token
WHERE $1::text IS NULL OR tenant = $1
ORDER BY tenant, name, created_at;
