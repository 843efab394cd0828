-- name: causes_by
-- What was met from day $2 to day $3, both inside, by a dimension ($1). Distinct customers: those
-- whose sighting before lies before the first day (docs/adr/0015).
SELECT name, at,
       coalesce(sum(customers) FILTER (WHERE kind = 'confirmed' AND previous_day < $2), 0)::bigint
           AS confirmed,
       coalesce(sum(customers) FILTER (WHERE kind = 'suggested' AND previous_day < $2), 0)::bigint
           AS suggested,
       coalesce(sum(millionths) FILTER (WHERE kind = 'suggested'), 0)::float8 / 1000000 AS weight
FROM outer_loop.cause_day
WHERE tenant = current_setting('closedloop.tenant') AND kind IN ('confirmed', 'suggested')
  AND dimension = $1 AND day BETWEEN $2 AND $3
GROUP BY name, at
HAVING sum(things) <> 0
ORDER BY confirmed DESC, weight DESC, name, at

-- name: heard_by
SELECT name, sum(feedback)::bigint AS feedback, sum(detractors)::bigint AS detractors
FROM outer_loop.voice_day
WHERE tenant = current_setting('closedloop.tenant') AND dimension = $1 AND day BETWEEN $2 AND $3
GROUP BY name
