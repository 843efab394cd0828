-- name: lock_maker
-- One change of a person's views at a time: names and their number are looked at before.
SELECT pg_advisory_xact_lock(
    hashtextextended(current_setting('closedloop.tenant') || E'\x1f' || $1, 1900));

-- name: views_seen
SELECT view_id, maker, maker_name, version, name, query, team, created_at, changed_at
FROM routing.saved_view
WHERE tenant = current_setting('closedloop.tenant')
  AND (maker = $1 OR team = ANY ($2::text[]))
ORDER BY maker <> $1, lower(name), view_id;

-- name: find_view
SELECT view_id, maker, maker_name, version, name, query, team, created_at, changed_at
FROM routing.saved_view
WHERE view_id = $1;

-- name: add_view
INSERT INTO routing.saved_view (
    view_id, tenant, maker, maker_name, version, name, query, team, created_at, changed_at)
VALUES ($1, current_setting('closedloop.tenant'), $2, $3, $4, $5, $6, $7, $8, $9);

-- name: update_view
UPDATE routing.saved_view
SET version = $2, name = $3, query = $4, team = $5, changed_at = $6
WHERE view_id = $1;

-- name: delete_view
DELETE FROM routing.saved_view WHERE view_id = $1;
