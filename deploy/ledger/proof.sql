-- name: accounts
-- What each group has entered of each partition: the extent, and how many offsets of each kind.
SELECT consumer_group, topic, topic_id, partition,
       min(first_offset) AS first_offset, max(last_offset) AS last_offset,
       count(*) AS batches, sum(handled)::bigint AS handled,
       sum(duplicates)::bigint AS duplicates, sum(dead_letters)::bigint AS dead_letters,
       sum(absent)::bigint AS absent
FROM ledger.batch
GROUP BY consumer_group, topic, topic_id, partition
ORDER BY consumer_group, topic, partition

-- name: breaks
-- Where one batch does not begin right behind the one before: a gap, or an overlap (which the
-- exclusion constraint forbids; it is looked for all the same).
SELECT consumer_group, topic_id, partition, reached + 1 AS expected, first_offset AS found
FROM (
    SELECT consumer_group, topic_id, partition, first_offset,
           max(last_offset) OVER (
               PARTITION BY consumer_group, topic_id, partition ORDER BY first_offset
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM ledger.batch
) AS batches
WHERE first_offset <> reached + 1
ORDER BY consumer_group, topic_id, partition, first_offset

-- name: entered
-- What the ledger says that the groups have left behind.
SELECT consumer_group, topic, sum(effects)::bigint AS effects,
       sum(dead_letters)::bigint AS dead_letters
FROM ledger.batch
GROUP BY consumer_group, topic

-- name: dead_letters
SELECT consumer_group, topic, count(*) AS dead_letters
FROM ledger.dead_letter
GROUP BY consumer_group, topic

-- name: scoring_effects
SELECT count(*) FROM scoring.feedback

-- name: confirmation_effects
SELECT count(*) FROM scoring.confirmation

-- name: routing_effects
SELECT count(*) FROM routing.followup

-- name: outer_loop_effects
SELECT count(*) FROM outer_loop.feedback_fact
