-- name: keep_rebuilds_away
-- Held to the end of the transaction: a rebuild counts facts that no batch is adding to.
SELECT pg_advisory_xact_lock_shared(hashtextextended('outer_loop.rebuild', 0))

-- name: keep_batches_away
SELECT pg_advisory_xact_lock(hashtextextended('outer_loop.rebuild', 0))

-- name: fix_zones
INSERT INTO outer_loop.day_zone (tenant, time_zone)
SELECT * FROM unnest($1::text[], $2::text[]) AS given (tenant, time_zone)
ORDER BY tenant
ON CONFLICT DO NOTHING

-- name: change_zones
INSERT INTO outer_loop.day_zone (tenant, time_zone)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (tenant) DO UPDATE SET time_zone = excluded.time_zone

-- name: count_voices
WITH said AS (
    SELECT given.*, (given.occurred_at AT TIME ZONE zone.time_zone)::date AS day
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::timestamptz[])
        AS given (tenant, touchpoint, department, segment, journey, place, product, category,
                  occurred_at)
    JOIN outer_loop.day_zone AS zone USING (tenant)
)
INSERT INTO outer_loop.voice_day AS known (
    tenant, dimension, day, name, slot, feedback, detractors, passives, promoters)
SELECT tenant, cell.dimension, day, cell.name, pg_backend_pid() % 8, count(*),
       count(*) FILTER (WHERE category = 'detractor'),
       count(*) FILTER (WHERE category = 'passive'),
       count(*) FILTER (WHERE category = 'promoter')
FROM said
CROSS JOIN LATERAL (VALUES
    ('touchpoint', touchpoint), ('department', department), ('segment', segment),
    ('journey', journey), ('place', place), ('product', product)) AS cell (dimension, name)
WHERE cell.name IS NOT NULL
GROUP BY tenant, cell.dimension, day, cell.name
ORDER BY tenant, cell.dimension, day, cell.name
ON CONFLICT (tenant, dimension, day, name, slot) DO UPDATE SET
    feedback = known.feedback + excluded.feedback,
    detractors = known.detractors + excluded.detractors,
    passives = known.passives + excluded.passives,
    promoters = known.promoters + excluded.promoters

-- name: meet_customers
INSERT INTO outer_loop.counted_customer (tenant, customer_id)
SELECT DISTINCT tenant, customer_id
FROM unnest($1::text[], $2::text[]) AS given (tenant, customer_id)
ORDER BY tenant, customer_id
ON CONFLICT DO NOTHING

-- name: hold_customers
SELECT FROM outer_loop.counted_customer
WHERE (tenant, customer_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
ORDER BY tenant, customer_id
FOR UPDATE

-- name: count_causes
-- What a customer met, more or less often than before, changes their days with this cause: the
-- old ones leave the counts and the new ones enter. One statement, so all of it sees the same.
WITH delta AS (
    SELECT given.tenant, given.customer_id, given.kind, cell.dimension, cell.name, cell.at,
           (given.occurred_at AT TIME ZONE zone.time_zone)::date AS day,
           sum(given.things) AS things,
           sum(given.things * CASE WHEN cell.by_why THEN given.why_millionths
                                   ELSE given.what_millionths END) AS millionths
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::timestamptz[], $9::int[], $10::int[], $11::int[])
        AS given (tenant, customer_id, kind, touchpoint, department, what, why, occurred_at,
                  what_millionths, why_millionths, things)
    JOIN outer_loop.day_zone AS zone USING (tenant)
    CROSS JOIN LATERAL outer_loop.cause_cells(kind, touchpoint, department, what, why) AS cell
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    HAVING sum(given.things) <> 0
        OR sum(given.things * CASE WHEN cell.by_why THEN given.why_millionths
                                   ELSE given.what_millionths END) <> 0
), before AS (
    SELECT known.*
    FROM (SELECT DISTINCT tenant, customer_id, kind, dimension, name, at FROM delta) AS touched
    JOIN outer_loop.cause_sighting AS known
        USING (tenant, customer_id, kind, dimension, name, at)
), after AS (
    SELECT tenant, customer_id, kind, dimension, name, at, day,
           lag(day, 1, '-infinity') OVER (
               PARTITION BY tenant, customer_id, kind, dimension, name, at ORDER BY day)
               AS previous_day,
           sum(things) AS things, sum(millionths) AS millionths
    FROM (SELECT tenant, customer_id, kind, dimension, name, at, day, things, millionths
          FROM before
          UNION ALL
          SELECT tenant, customer_id, kind, dimension, name, at, day, things, millionths
          FROM delta) AS both_of_them
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    HAVING sum(things) > 0
), gone AS (
    DELETE FROM outer_loop.cause_sighting AS known
    USING (SELECT tenant, customer_id, kind, dimension, name, at, day FROM before
           EXCEPT
           SELECT tenant, customer_id, kind, dimension, name, at, day FROM after) AS old
    WHERE (known.tenant, known.customer_id, known.kind, known.dimension, known.name, known.at,
           known.day)
        = (old.tenant, old.customer_id, old.kind, old.dimension, old.name, old.at, old.day)
), kept AS (
    INSERT INTO outer_loop.cause_sighting AS known (
        tenant, customer_id, kind, dimension, name, at, day, previous_day, things, millionths)
    SELECT * FROM after
    ON CONFLICT (tenant, customer_id, kind, dimension, name, at, day) DO UPDATE SET
        previous_day = excluded.previous_day,
        things = excluded.things,
        millionths = excluded.millionths
    WHERE (known.previous_day, known.things, known.millionths)
        <> (excluded.previous_day, excluded.things, excluded.millionths)
)
INSERT INTO outer_loop.cause_day AS known (
    tenant, kind, dimension, name, at, day, previous_day, slot, customers, things, millionths)
SELECT tenant, kind, dimension, name, at, day, previous_day, pg_backend_pid() % 8,
       sum(sign), sum(sign * things), sum(sign * millionths)
FROM (SELECT -1 AS sign, before.* FROM before UNION ALL SELECT 1, after.* FROM after) AS moved
GROUP BY tenant, kind, dimension, name, at, day, previous_day
HAVING (sum(sign), sum(sign * things), sum(sign * millionths)) <> (0, 0, 0)
ORDER BY tenant, kind, dimension, name, at, day, previous_day
ON CONFLICT (tenant, kind, dimension, name, at, day, previous_day, slot) DO UPDATE SET
    customers = known.customers + excluded.customers,
    things = known.things + excluded.things,
    millionths = known.millionths + excluded.millionths

-- name: know_causes
INSERT INTO outer_loop.known_cause (tenant, touchpoint, what)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS given (tenant, touchpoint, what)
ORDER BY tenant, touchpoint, what
ON CONFLICT DO NOTHING

-- name: uncounted
-- Facts from before there were counts.
SELECT NOT EXISTS (SELECT FROM outer_loop.day_zone)
   AND (EXISTS (SELECT FROM outer_loop.root_cause_fact)
        OR EXISTS (SELECT FROM outer_loop.feedback_fact))

-- name: clear_voices
DELETE FROM outer_loop.voice_day

-- name: clear_sightings
DELETE FROM outer_loop.cause_sighting

-- name: clear_causes
DELETE FROM outer_loop.cause_day

-- name: clear_customers
DELETE FROM outer_loop.counted_customer

-- name: rebuild_voices
INSERT INTO outer_loop.voice_day (
    tenant, dimension, day, name, slot, feedback, detractors, passives, promoters)
SELECT tenant, cell.dimension, day, cell.name, 0, sum(feedback), sum(detractors), sum(passives),
       sum(promoters)
FROM (SELECT fact.tenant, touchpoint, department, segment, journey, place, product,
             (occurred_at AT TIME ZONE time_zone)::date AS day, count(*) AS feedback,
             count(*) FILTER (WHERE category = 'detractor') AS detractors,
             count(*) FILTER (WHERE category = 'passive') AS passives,
             count(*) FILTER (WHERE category = 'promoter') AS promoters
      FROM outer_loop.feedback_fact AS fact
      JOIN outer_loop.day_zone USING (tenant)
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) AS said
CROSS JOIN LATERAL (VALUES
    ('touchpoint', touchpoint), ('department', department), ('segment', segment),
    ('journey', journey), ('place', place), ('product', product)) AS cell (dimension, name)
WHERE cell.name IS NOT NULL
GROUP BY tenant, cell.dimension, day, cell.name

-- name: rebuild_sightings
INSERT INTO outer_loop.cause_sighting (
    tenant, customer_id, kind, dimension, name, at, day, previous_day, things, millionths)
SELECT tenant, customer_id, kind, dimension, name, at, day,
       lag(day, 1, '-infinity') OVER (
           PARTITION BY tenant, customer_id, kind, dimension, name, at ORDER BY day),
       count(*), sum(CASE WHEN by_why THEN why_millionths ELSE what_millionths END)
FROM (SELECT met.*, cell.*, (occurred_at AT TIME ZONE time_zone)::date AS day
      FROM (SELECT tenant, customer_id, 'confirmed' AS kind, touchpoint, department, what, why,
                   occurred_at, 1000000 AS what_millionths, 1000000 AS why_millionths
            FROM outer_loop.root_cause_fact WHERE what IS NOT NULL
            UNION ALL
            SELECT tenant, customer_id, 'suggested', touchpoint, department, theme, cause,
                   occurred_at, coalesce(theme_millionths, 0), coalesce(cause_millionths, 0)
            FROM outer_loop.feedback_fact WHERE theme IS NOT NULL OR cause IS NOT NULL) AS met
      JOIN outer_loop.day_zone USING (tenant)
      CROSS JOIN LATERAL outer_loop.cause_cells(kind, touchpoint, department, what, why) AS cell
     ) AS sighted
GROUP BY tenant, customer_id, kind, dimension, name, at, day

-- name: rebuild_causes
INSERT INTO outer_loop.cause_day (
    tenant, kind, dimension, name, at, day, previous_day, slot, customers, things, millionths)
SELECT tenant, kind, dimension, name, at, day, previous_day, 0, count(*), sum(things),
       sum(millionths)
FROM outer_loop.cause_sighting
GROUP BY tenant, kind, dimension, name, at, day, previous_day

-- name: rebuild_customers
INSERT INTO outer_loop.counted_customer (tenant, customer_id)
SELECT DISTINCT tenant, customer_id FROM outer_loop.cause_sighting

-- name: rebuild_known
INSERT INTO outer_loop.known_cause (tenant, touchpoint, what)
SELECT DISTINCT tenant, touchpoint, what FROM outer_loop.followup_version WHERE what IS NOT NULL
ON CONFLICT DO NOTHING
