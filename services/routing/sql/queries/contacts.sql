-- name: insert_attempt
INSERT INTO routing.contact_attempt (
    followup_id, version, tenant, channel, outcome, at, by, by_name, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: attempts
SELECT followup_id, version, tenant, channel, outcome, at, by, by_name, note
FROM routing.contact_attempt
WHERE followup_id = $1
ORDER BY version;
