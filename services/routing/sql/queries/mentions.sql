-- name: insert_mention
INSERT INTO routing.mention (followup_id, version, tenant, whom, by, by_name, at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: unseen_mentions
SELECT mention.followup_id, coalesce(followup.contact_name, followup.customer_id) AS customer,
       mention.by_name, coalesce(entry.note, '') AS note, mention.at
FROM routing.mention
JOIN routing.followup USING (followup_id)
JOIN routing.followup_change AS entry
  ON entry.followup_id = mention.followup_id AND entry.version = mention.version
 AND entry.changed_at = mention.at
WHERE mention.tenant = current_setting('closedloop.tenant')
  AND mention.whom = $1 AND mention.seen_at IS NULL
ORDER BY mention.at DESC, mention.followup_id
LIMIT $2;

-- name: see_mentions
UPDATE routing.mention SET seen_at = $3
WHERE followup_id = $1 AND whom = $2 AND seen_at IS NULL;
