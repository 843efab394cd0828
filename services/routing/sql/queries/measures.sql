-- name: ways
-- The way of every follow-up with which something happened from $1 to $2: a step, a promise kept
-- or broken. What has ended was changed last when its last step was done; what is open may have
-- run out of time at any moment. A change is named by the state that it led to.
WITH concerned AS (
    SELECT followup_id, team, owner, opened_at, due_at, customer_id, touchpoint, is_open, scale,
           value, timetable, category,
           CASE WHEN state IN ('resolved', 'verified', 'closed') THEN resolved_at END AS stands_at
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
), verified AS (
    SELECT DISTINCT ON (followup_id) followup_id, version, changed_at AS verified_at
    FROM routing.followup_change
    JOIN concerned USING (followup_id)
    WHERE change = 'verified' AND changed_at >= (SELECT min(opened_at) FROM concerned)
    ORDER BY followup_id, version
), changes AS (
    SELECT change.followup_id, change.version, change.change, change.state, change.changed_at,
           attempt.outcome, resolved.version AS resolution, verified.version AS verification,
           lag(change.owner) OVER way <> change.owner AS is_handed_over
    FROM routing.followup_change AS change
    JOIN concerned USING (followup_id)
    LEFT JOIN resolved USING (followup_id)
    LEFT JOIN verified USING (followup_id)
    LEFT JOIN routing.contact_attempt AS attempt
        ON attempt.followup_id = change.followup_id AND attempt.version = change.version
    WHERE change.changed_at >= (SELECT min(opened_at) FROM concerned)
    WINDOW way AS (PARTITION BY change.followup_id ORDER BY change.version)
), steps AS (
    SELECT followup_id,
           min(changed_at) FILTER (WHERE state NOT IN ('new', 'assigned', 'merged'))
               AS acknowledged_at,
           min(changed_at) FILTER (WHERE change IN ('contacting', 'contacted', 'waiting_customer'))
               AS contacted_at,
           -- any other outcome is that the customer heard or was sent something
           min(changed_at) FILTER (WHERE outcome NOT IN ('no_answer', 'wrong_details'))
               AS reached_at,
           min(changed_at) FILTER (WHERE change = 'reopened' AND version > resolution)
               AS reopened_at,
           max(changed_at) FILTER (
               WHERE change IN ('merged', 'unreachable', 'declined_contact')) AS ended_at,
           max(version) FILTER (WHERE change = 'unreachable') = max(version) FILTER (
               WHERE change IN ('merged', 'unreachable', 'declined_contact')) AS is_unreachable,
           -- who says that they begin and then logs the contact has made one
           greatest(
               count(*) FILTER (WHERE change = 'contacting'
                   AND (resolution IS NULL OR version < resolution)),
               count(*) FILTER (WHERE change = 'contacted'
                   AND (resolution IS NULL OR version < resolution))) AS contacts,
           greatest(
               count(*) FILTER (WHERE change = 'contacting' AND version < verification),
               count(*) FILTER (WHERE change = 'contacted' AND version < verification))
               AS attempts,
           count(*) FILTER (WHERE is_handed_over AND version < verification) AS hands,
           count(*) FILTER (WHERE change = 'reopened' AND version < verification) AS reopenings
    FROM changes
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
       answer.settled_at AS answered_at, coalesce(answer.ending = 'happy', false) AS is_happy,
       customer_id, clocks.acknowledge_due_at, clocks.contact_due_at, reached_at,
       coalesce(is_unreachable, false) AS is_unreachable, verified_at, attempts, hands, reopenings,
       CASE scale WHEN 'ces' THEN concerned.value END AS effort_before,
       CASE asked_scale WHEN 'ces' THEN answer.value END AS effort_after,
       stands_at, concerned.category AS category_before, scale AS scale_before,
       concerned.value AS value_before, category_after, scale_after, value_after
FROM concerned
JOIN steps USING (followup_id)
LEFT JOIN resolved USING (followup_id)
LEFT JOIN verified USING (followup_id)
LEFT JOIN LATERAL (
    SELECT settled_at, ending, scale AS asked_scale, value FROM routing.resurvey
    WHERE followup_id = concerned.followup_id AND ending IN ('happy', 'neutral', 'unhappy')
    ORDER BY round DESC
    LIMIT 1) AS answer ON true
LEFT JOIN LATERAL (
    SELECT category AS category_after, scale AS scale_after, value AS value_after
    FROM routing.later_score
    WHERE later_score.followup_id = concerned.followup_id AND said_at > stands_at) AS later ON true
-- these two stay as they are, however often it is opened again
CROSS JOIN LATERAL (
    SELECT max(due_at) FILTER (WHERE step = 'acknowledge') AS acknowledge_due_at,
           max(due_at) FILTER (WHERE step = 'first_contact') AS contact_due_at
    FROM jsonb_to_recordset(timetable -> 'steps') AS one (step text, due_at timestamptz)
) AS clocks;
