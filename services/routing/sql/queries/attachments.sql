-- name: files
SELECT attachment_id, followup_id, version, name, size, digest, by, at, erased_at
FROM routing.attachment
WHERE followup_id = $1
ORDER BY version;

-- name: add_file
INSERT INTO routing.attachment (
    attachment_id, tenant, followup_id, version, name, size, digest, by, at, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: file
SELECT name, content, digest FROM routing.attachment
WHERE followup_id = $1 AND attachment_id = $2 AND erased_at IS NULL;
