-- name: start_bulk
-- A bulk that was begun before gives no row; one that begins at this moment is waited for.
INSERT INTO routing.bulk (bulk_id, tenant, subject, fingerprint, act, started_at)
VALUES ($1, current_setting('closedloop.tenant'), $2, $3, $4, $5)
ON CONFLICT (bulk_id) DO NOTHING
RETURNING true;

-- name: bulk
-- Locked, so that of two who go on with it one waits for the other.
SELECT bulk_id, subject, fingerprint, act, undone_at FROM routing.bulk WHERE bulk_id = $1
FOR UPDATE;

-- name: add_items
INSERT INTO routing.bulk_item (bulk_id, followup_id, tenant, version_seen)
SELECT $1, followup_id, current_setting('closedloop.tenant'), version
FROM unnest($2::uuid[], $3::int[]) AS item (followup_id, version)
ON CONFLICT DO NOTHING;

-- name: refuse_strangers
-- What is not there, or another tenant's.
UPDATE routing.bulk_item AS item SET outcome = 'refused', reason = $2
WHERE bulk_id = $1
  AND NOT EXISTS (SELECT FROM routing.followup WHERE followup_id = item.followup_id);

-- name: next_items
-- Some that stand at the outcome $2 (null: at none), with their follow-ups locked in one order:
-- bulks side by side wait for each other and never in a circle.
SELECT item.version_seen, item.version_after, item.owner_before, item.state_before,
       item.why_before, item.issue_before, followup.*
FROM routing.bulk_item AS item
JOIN routing.followup USING (followup_id)
WHERE item.bulk_id = $1 AND item.outcome IS NOT DISTINCT FROM $2
ORDER BY followup_id
LIMIT $3
FOR UPDATE OF followup;

-- name: settle_items
UPDATE routing.bulk_item AS item
SET outcome = settled.outcome, reason = settled.reason, version_after = settled.version,
    owner_before = settled.owner, state_before = settled.state, why_before = settled.why,
    issue_before = settled.issue_id
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::jsonb[],
            $9::uuid[])
     AS settled (followup_id, outcome, reason, version, owner, state, why, issue_id)
WHERE item.bulk_id = $1 AND item.followup_id = settled.followup_id;

-- name: change_followups
UPDATE routing.followup
SET version = changed.version, state = changed.state, owner = changed.owner,
    changed_at = changed.changed_at, assignment_why = changed.why,
    assigned_as_last_resort = changed.is_last_resort, issue_id = changed.issue_id
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[],
            $7::boolean[], $8::uuid[])
     AS changed (followup_id, version, state, owner, changed_at, why, is_last_resort, issue_id)
WHERE followup.followup_id = changed.followup_id;

-- name: bulk_outcomes
SELECT item.followup_id, coalesce(contact_name, customer_id, '') AS customer, item.outcome,
       item.reason
FROM routing.bulk_item AS item
LEFT JOIN routing.followup USING (followup_id)
WHERE item.bulk_id = $1
ORDER BY item.followup_id;

-- name: mark_undone
UPDATE routing.bulk SET undone_at = $2 WHERE bulk_id = $1;
