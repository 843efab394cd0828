-- name: list_dead_letters
SELECT consumer_group, topic, topic_id, partition, "offset", code, field, detail, recorded_at,
       replayed_at
FROM ledger.dead_letter
WHERE ($1::text IS NULL OR consumer_group = $1) AND ($2::text IS NULL OR code = $2)
ORDER BY recorded_at DESC, consumer_group, topic, partition, "offset"

-- name: mark_replayed
UPDATE ledger.dead_letter SET replayed_at = now()
FROM unnest($1::text[], $2::uuid[], $3::int[], $4::bigint[]) AS t (g, topic_id, partition, o)
WHERE consumer_group = t.g AND dead_letter.topic_id = t.topic_id
  AND dead_letter.partition = t.partition AND "offset" = t.o
