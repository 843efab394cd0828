-- name: plan_with_values
-- A plan that knows whether a team is asked for finds the index for it.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: standing
-- The open follow-ups of $1, or of all teams, in groups: up to $2 of them, those first whose time
-- runs out first. $3 cuts deadlines, $4 openings, both ascending: the number of a part is how many
-- cuts lie before it.
SELECT width_bucket(breach_at, $3::timestamptz[]) AS due,
       width_bucket(opened_at, $4::timestamptz[]) AS age,
       state = 'waiting_customer' AS is_paused, owner IS NULL AS is_unowned,
       state = 'reopened' AS is_reopened, assigned_as_last_resort AS is_last_resort,
       escalation_level >= 2 AS is_escalated, count(*) AS n
FROM (
    SELECT breach_at, opened_at, state, owner, assigned_as_last_resort, escalation_level
    FROM routing.followup
    WHERE tenant = current_setting('closedloop.tenant') AND is_open
      AND ($1::text IS NULL OR team = $1)
    ORDER BY breach_at, followup_id
    LIMIT $2) AS open
GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- name: loads
-- How many follow-ups each of $1 has open, in all their teams, and how many of them are late at
-- $2: each counted up to $3.
SELECT owner,
       (SELECT count(*) FROM (
           SELECT FROM routing.followup
           WHERE tenant = current_setting('closedloop.tenant') AND is_open
             AND followup.owner = person.owner
           LIMIT $3) AS n) AS open,
       (SELECT count(*) FROM (
           SELECT FROM routing.followup
           WHERE tenant = current_setting('closedloop.tenant') AND is_open
             AND followup.owner = person.owner AND breach_at < $2
           LIMIT $3) AS n) AS late
FROM unnest($1::text[]) AS person (owner);

-- name: to_learn_from
-- Open follow-ups of $1 that were reopened, and those of which the customer has said since $2 that
-- it is still not right: $3 of each. Of the open ones $4 are looked at, and as many answers.
(SELECT followup_id, team, owner, coalesce(contact_name, customer_id) AS customer, touchpoint,
        false AS is_unhappy, changed_at AS since
 FROM (
     SELECT followup_id FROM (
         SELECT followup_id, state, breach_at
         FROM routing.followup
         WHERE tenant = current_setting('closedloop.tenant') AND is_open
           AND ($1::text IS NULL OR team = $1)
         ORDER BY breach_at, followup_id
         LIMIT $4) AS open
     WHERE state = 'reopened' ORDER BY breach_at LIMIT $3) AS reopened
 JOIN routing.followup USING (followup_id)
 ORDER BY changed_at DESC)
UNION ALL
(SELECT followup_id, team, owner, coalesce(contact_name, customer_id), touchpoint, true, settled_at
 FROM (
     SELECT followup_id, settled_at, ending FROM routing.resurvey
     WHERE tenant = current_setting('closedloop.tenant') AND settled_at >= $2
     ORDER BY settled_at DESC LIMIT $4) AS answered
 JOIN routing.followup USING (followup_id)
 WHERE ending = 'unhappy' AND ($1::text IS NULL OR team = $1)
 ORDER BY settled_at DESC LIMIT $3);
