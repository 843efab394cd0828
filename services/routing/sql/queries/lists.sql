-- name: plan_with_values
-- A plan that knows the values leaves out the filters that are not asked for and finds the index.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: patterns
-- Words as patterns of what `searched` holds.
SELECT array_agg(
    '%' || regexp_replace(routing.searchable(word), '([\\%_])', '\\\1', 'g') || '%')
FROM unnest($1::text[]) AS word;

-- name: followups_with
SELECT routing.followups_with($1::text[], $2);

-- name: list_followups
-- By time to breach. A parameter that is null does not filter. $21 and $22 are where the last
-- page ended. The keys come from the index alone, the rows of one page from the table.
SELECT followup.*
FROM (
    SELECT breach_at, followup_id
    FROM routing.followup
    WHERE tenant = current_setting('closedloop.tenant')
      AND ($1::boolean IS NOT TRUE OR is_open)
      AND ($2::text[] IS NULL OR state = ANY ($2))
      AND ($3::text IS NULL OR owner = $3)
      AND ($4::boolean IS NOT TRUE OR owner IS NULL)
      AND ($5::text[] IS NULL OR team = ANY ($5))
      AND ($6::text[] IS NULL OR severity = ANY ($6))
      AND ($7::text IS NULL OR touchpoint = $7)
      AND ($8::text IS NULL OR language = $8)
      AND ($9::text IS NULL OR segment = $9)
      AND ($10::text IS NULL OR rule = $10)
      AND ($11::timestamptz IS NULL OR opened_at < $11)
      AND ($12::timestamptz IS NULL OR breach_at >= $12)
      AND ($13::timestamptz IS NULL OR breach_at < $13)
      AND ($14::uuid[] IS NULL OR followup_id = ANY ($14))
      AND ($15::text[] IS NULL OR CASE WHEN searched LIKE ALL ($15) THEN true END)
      AND ($16::boolean IS NULL OR assigned_as_last_resort = $16)
      AND ($17::boolean IS NULL OR (escalation_level >= 2) = $17)
      AND ($18::timestamptz IS NULL OR opened_at >= $18)
      AND ($19::uuid IS NULL OR issue_id = $19)
      AND ($21::timestamptz IS NULL OR (breach_at, followup_id) > ($21, $22::uuid))
    ORDER BY breach_at, followup_id
    LIMIT $20) AS key
JOIN routing.followup USING (followup_id)
ORDER BY followup.breach_at, followup.followup_id;

-- name: count_followups
-- Counts up to $20 and no further. With $21, what was said is looked at last, in the table: the walk
-- stays in the index for all that does not match otherwise.
SELECT count(*)
FROM (
    SELECT
    FROM (
        SELECT followup_id
        FROM routing.followup
        WHERE tenant = current_setting('closedloop.tenant')
          AND ($1::boolean IS NOT TRUE OR is_open)
          AND ($2::text[] IS NULL OR state = ANY ($2))
          AND ($3::text IS NULL OR owner = $3)
          AND ($4::boolean IS NOT TRUE OR owner IS NULL)
          AND ($5::text[] IS NULL OR team = ANY ($5))
          AND ($6::text[] IS NULL OR severity = ANY ($6))
          AND ($7::text IS NULL OR touchpoint = $7)
          AND ($8::text IS NULL OR language = $8)
          AND ($9::text IS NULL OR segment = $9)
          AND ($10::text IS NULL OR rule = $10)
          AND ($11::timestamptz IS NULL OR opened_at < $11)
          AND ($12::timestamptz IS NULL OR breach_at >= $12)
          AND ($13::timestamptz IS NULL OR breach_at < $13)
          AND ($14::uuid[] IS NULL OR followup_id = ANY ($14))
          AND ($15::text[] IS NULL OR $21::boolean
               OR CASE WHEN searched LIKE ALL ($15) THEN true END)
          AND ($16::boolean IS NULL OR assigned_as_last_resort = $16)
          AND ($17::boolean IS NULL OR (escalation_level >= 2) = $17)
          AND ($18::timestamptz IS NULL OR opened_at >= $18)
          AND ($19::uuid IS NULL OR issue_id = $19)
        ORDER BY breach_at, followup_id  -- walks the index: a limit tempts to read the table
        OFFSET 0) AS key
    WHERE NOT $21::boolean OR (
        SELECT CASE WHEN searched LIKE ALL ($15) THEN true END
        FROM routing.followup AS said WHERE said.followup_id = key.followup_id)
    LIMIT $20) AS counted;

-- name: count_views
-- How many open follow-ups each view holds, each counted up to $6: mine ($1), of my teams ($2),
-- nobody's, all; of those of the view at hand ($3) the overdue ones (now is $4), those due until
-- $5, those that wait and those that were reopened. They are walked by time: without an order, a
-- limit tempts to read the table.
WITH open AS NOT MATERIALIZED (
    SELECT breach_at, owner, team, state
    FROM routing.followup
    WHERE tenant = current_setting('closedloop.tenant') AND is_open
), within AS NOT MATERIALIZED (
    SELECT breach_at, team, state
    FROM open
    WHERE ($3 <> 'mine' OR owner = $1) AND ($3 <> 'team' OR team = ANY ($2::text[]))
      AND ($3 <> 'unowned' OR owner IS NULL)
)
SELECT (SELECT count(*) FROM (SELECT FROM open WHERE owner = $1 LIMIT $6) AS n) AS mine,
       (SELECT count(*) FROM (SELECT FROM open WHERE team = ANY ($2::text[]) LIMIT $6) AS n)
           AS team,
       (SELECT count(*) FROM (SELECT FROM open WHERE owner IS NULL LIMIT $6) AS n) AS unowned,
       (SELECT count(*) FROM (SELECT FROM open ORDER BY breach_at LIMIT $6) AS n) AS all,
       (SELECT count(*) FROM (SELECT FROM within ORDER BY breach_at LIMIT $6) AS n) AS any,
       (SELECT count(*) FROM (
           SELECT FROM within WHERE breach_at < $4 ORDER BY breach_at LIMIT $6) AS n) AS overdue,
       (SELECT count(*) FROM (
           SELECT FROM within WHERE breach_at >= $4 AND breach_at < $5 ORDER BY breach_at LIMIT $6)
           AS n) AS today,
       (SELECT count(*) FROM (
           SELECT FROM within WHERE state = 'waiting_customer' ORDER BY breach_at LIMIT $6) AS n)
           AS waiting,
       (SELECT count(*) FROM (
           SELECT FROM within WHERE state = 'reopened' ORDER BY breach_at LIMIT $6) AS n)
           AS reopened,
       following.breach_at AS next_due, following.team AS next_due_team
FROM (VALUES (1)) AS once
LEFT JOIN LATERAL (
    SELECT breach_at, team FROM within WHERE breach_at >= $4 ORDER BY breach_at LIMIT 1
) AS following ON true;
