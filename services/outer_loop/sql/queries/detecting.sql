-- name: sightings
-- Who met which cause where, since a day ($2): what owners confirmed, and what scoring found more
-- likely than not.
SELECT DISTINCT at, name, customer_id, day
FROM outer_loop.cause_sighting
WHERE tenant = $1 AND dimension = 'what_at' AND day >= $2
  AND (kind = 'confirmed' OR millionths * 2 >= things * 1000000)

-- name: listened
-- How much was heard at each touchpoint on each day since $2.
SELECT name, day, sum(feedback)::bigint AS feedback
FROM outer_loop.voice_day
WHERE tenant = $1 AND dimension = 'touchpoint' AND day >= $2
GROUP BY name, day

-- name: keep_detections
INSERT INTO outer_loop.detection (
    issue_id, tenant, kind, sentence, span, customers, usual, chance, as_of, program_version)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::float8[],
    $8::float8[], $9::date[], $10::int[])
