-- name: use_up_token
-- True for the first who asks. What has expired can't be used anyway and is cleared away.
WITH expired AS (
    DELETE FROM web.used_token WHERE expires_at < $3
), taken AS (
    INSERT INTO web.used_token (jti, expires_at) VALUES ($1, $2)
    ON CONFLICT (jti) DO NOTHING
    RETURNING jti
)
SELECT EXISTS (SELECT FROM taken);

-- name: note_sign_in
INSERT INTO web.sign_in (how, refused, tenant, subject, name, roles)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: list_sign_ins
-- The newest first.
SELECT at, how, refused, tenant, subject, name, roles
FROM web.sign_in
WHERE ($1::text IS NULL OR tenant = $1) AND at >= $2 AND (NOT $3 OR refused IS NOT NULL)
ORDER BY at DESC, id DESC
LIMIT $4;
