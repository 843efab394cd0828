-- name: ask_again
INSERT INTO routing.resurvey (followup_id, round, tenant, asked_at, expires_at, scale)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;
