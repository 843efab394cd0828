-- name: version_of
SELECT version FROM routing.followup
WHERE followup_id = $1 AND tenant = current_setting('closedloop.tenant');

-- name: beat
-- Whoever was gone comes anew.
INSERT INTO routing.presence AS known (tenant, followup_id, person, name, since, seen_at)
VALUES (current_setting('closedloop.tenant'), $1, $2, $3, $4, $4)
ON CONFLICT (followup_id, person) DO UPDATE
SET name = excluded.name,
    since = CASE WHEN known.seen_at < $5 THEN excluded.since ELSE known.since END,
    seen_at = excluded.seen_at;

-- name: others
-- Who writes is known by the draft.
SELECT
    name,
    since,
    EXISTS (
        SELECT FROM routing.draft
        WHERE draft.followup_id = $1 AND draft.person = presence.person AND draft.saved_at >= $4
    ) AS is_writing
FROM routing.presence
WHERE tenant = current_setting('closedloop.tenant')
  AND followup_id = $1 AND person <> $2 AND seen_at >= $3
ORDER BY since, person;

-- name: forget_gone
DELETE FROM routing.presence
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM routing.presence
    WHERE tenant = current_setting('closedloop.tenant') AND seen_at < $1
    FOR UPDATE SKIP LOCKED));
