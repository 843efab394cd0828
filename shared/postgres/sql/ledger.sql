-- name: enter
-- Enters a whole batch, unless a part of it has been entered before: then nothing. Ranges of a
-- partition never overlap, so only the last one that begins before our end can reach into ours.
INSERT INTO ledger.batch (consumer_group, topic, topic_id, partition, first_offset, last_offset,
                          handled, effects, duplicates, dead_letters, absent)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
WHERE NOT EXISTS (
    SELECT FROM (
        SELECT last_offset FROM ledger.batch
        WHERE consumer_group = $1 AND topic_id = $3 AND partition = $4 AND first_offset <= $6
        ORDER BY first_offset DESC
        LIMIT 1
    ) AS latest
    WHERE latest.last_offset >= $5)
RETURNING true

-- name: entered_ranges
SELECT first_offset, last_offset
FROM ledger.batch
WHERE consumer_group = $1 AND topic_id = $2 AND partition = $3
  AND int8range(first_offset, last_offset, '[]') && int8range($4, $5, '[]')
ORDER BY first_offset

-- name: enter_dead_letters
INSERT INTO ledger.dead_letter (consumer_group, topic, topic_id, partition, "offset", code, field,
                                detail)
SELECT $1, $2, $3, $4, t.*
FROM unnest($5::bigint[], $6::text[], $7::text[], $8::text[]) AS t
ON CONFLICT DO NOTHING

-- name: entered_dead_letters
SELECT "offset", code, field, detail
FROM ledger.dead_letter
WHERE consumer_group = $1 AND topic_id = $2 AND partition = $3 AND "offset" = ANY ($4::bigint[])
