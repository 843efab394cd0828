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
