-- name: ways
-- The way of every follow-up with which something happened from $1 to $2: a step, a promise kept
-- or broken. What has ended was changed last when its last step was done; what is open may have
-- run out of time at any moment. A change is named by the state that it led to.
WITH concerned AS (
    SELECT followup_id, team, owner, opened_at, due_at, customer_id, touchpoint, is_open
    FROM routing.followup
    WHERE tenant = current_setting('closedloop.tenant')
      AND opened_at < $2 AND (is_open OR changed_at >= $1)
      AND ($3::text[] IS NULL OR team = ANY ($3))
      AND ($4::text IS NULL OR severity = $4)
      AND ($5::text IS NULL OR segment = $5)
), resolved AS (
    SELECT DISTINCT ON (followup_id) followup_id, version, changed_at AS resolved_at, actor,
           (message::jsonb #>> '{data,due_at}')::timestamptz AS due_at
    FROM routing.followup_change
    JOIN concerned USING (followup_id)
    WHERE change = 'resolved' AND changed_at >= (SELECT min(opened_at) FROM concerned)
    ORDER BY followup_id, version
), steps AS (
    SELECT followup_id,
           min(changed_at) FILTER (WHERE state NOT IN ('new', 'assigned', 'merged'))
               AS acknowledged_at,
           min(changed_at) FILTER (WHERE change IN ('contacting', 'contacted', 'waiting_customer'))
               AS contacted_at,
           min(changed_at) FILTER (
               WHERE change = 'reopened' AND change.version > resolved.version) AS reopened_at,
           max(changed_at) FILTER (
               WHERE change IN ('merged', 'unreachable', 'declined_contact')) AS ended_at,
           -- who says that they begin and then logs the contact has made one
           greatest(
               count(*) FILTER (WHERE change = 'contacting'
                   AND (resolved.version IS NULL OR change.version < resolved.version)),
               count(*) FILTER (WHERE change = 'contacted'
                   AND (resolved.version IS NULL OR change.version < resolved.version)))
               AS contacts
    FROM routing.followup_change AS change
    JOIN concerned USING (followup_id)
    LEFT JOIN resolved USING (followup_id)
    WHERE change.changed_at >= (SELECT min(opened_at) FROM concerned)
    GROUP BY followup_id
)
SELECT followup_id, team, coalesce(resolved.actor, concerned.owner) AS owner, opened_at,
       acknowledged_at, contacted_at, resolved_at, coalesce(resolved.due_at, concerned.due_at)
       AS due_at, reopened_at, contacts,
       (SELECT min(later.opened_at) FROM routing.followup AS later
        WHERE later.tenant = current_setting('closedloop.tenant')
          AND later.customer_id = concerned.customer_id
          AND later.touchpoint = concerned.touchpoint
          AND later.opened_at > resolved.resolved_at) AS back_at,
       CASE WHEN NOT is_open AND resolved_at IS NULL THEN ended_at END AS ended_at,
       answer.settled_at AS answered_at, coalesce(answer.ending = 'happy', false) AS is_happy
FROM concerned
JOIN steps USING (followup_id)
LEFT JOIN resolved USING (followup_id)
LEFT JOIN LATERAL (
    SELECT settled_at, ending FROM routing.resurvey
    WHERE followup_id = concerned.followup_id AND ending IN ('happy', 'neutral', 'unhappy')
    ORDER BY round DESC
    LIMIT 1) AS answer ON true;
