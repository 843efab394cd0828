-- name: drafts_of
-- Also what was typed for a case that went into this one since.
WITH RECURSIVE member (followup_id) AS (
    SELECT $1::uuid
    UNION ALL
    SELECT merge.followup_id
    FROM member JOIN routing.merge ON merge.into_id = member.followup_id
    WHERE split_at IS NULL
)
SELECT form, fields, saved_at
FROM routing.draft JOIN member USING (followup_id)
WHERE tenant = current_setting('closedloop.tenant') AND person = $2
ORDER BY followup_id <> $1, saved_at;

-- name: has_case
SELECT EXISTS (
    SELECT FROM routing.followup
    WHERE followup_id = $1 AND tenant = current_setting('closedloop.tenant'));

-- name: save_draft
-- Under a key whose form was sent, nothing is kept: what was on its way then comes too late.
INSERT INTO routing.draft AS known (tenant, followup_id, person, form, fields, saved_at)
SELECT current_setting('closedloop.tenant'), $1, $2, $3, $4::jsonb, $5
WHERE NOT EXISTS (
    SELECT FROM routing.idempotency
    WHERE tenant = current_setting('closedloop.tenant') AND subject = $2 AND key = $6)
ON CONFLICT (followup_id, person, form) DO UPDATE
SET fields = excluded.fields, saved_at = excluded.saved_at;

-- name: forget_draft
-- Whatever stood in the form, also from cases that went into this one; $4 spares the case's own.
WITH RECURSIVE member (followup_id) AS (
    SELECT $1::uuid
    UNION ALL
    SELECT merge.followup_id
    FROM member JOIN routing.merge ON merge.into_id = member.followup_id
    WHERE split_at IS NULL
)
DELETE FROM routing.draft AS kept
USING member
WHERE kept.followup_id = member.followup_id AND kept.person = $2 AND kept.form = $3
  AND kept.tenant = current_setting('closedloop.tenant')
  AND NOT ($4::bool AND kept.followup_id = $1);

-- name: forget_old_drafts
DELETE FROM routing.draft
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM routing.draft WHERE saved_at < $1
    ORDER BY saved_at LIMIT $2))
RETURNING form;
