-- name: add_scores
-- The ids come sorted: batches that run side by side take the same ids in the same order.
-- Returns those that an earlier batch has taken.
WITH arrived AS (
    SELECT *
    FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                $6::timestamptz[], $7::text[], $8::text[], $9::boolean[], $10::text[],
                $11::int[], $12::text[], $13::text[], $14::boolean[],
                $15::text[])
        AS t (feedback_id, received_at, tenant, customer_id, touchpoint, occurred_at, category,
              severity, flagged, rule, program_version, language, review, co_creation, message)
), fresh AS (
    INSERT INTO scoring.feedback_key (feedback_id, received_at)
    SELECT feedback_id, received_at FROM arrived
    ON CONFLICT DO NOTHING
    RETURNING feedback_id
), stored AS (
    INSERT INTO scoring.feedback (feedback_id, received_at, tenant, customer_id, touchpoint,
                                  occurred_at, category, severity, flagged, rule,
                                  program_version, language, review, co_creation, message)
    SELECT feedback_id, received_at, tenant, customer_id, touchpoint, occurred_at, category, severity,
           flagged, rule, program_version, language, review, co_creation, message
    FROM arrived JOIN fresh USING (feedback_id)
)
SELECT feedback_id FROM arrived
EXCEPT
SELECT feedback_id FROM fresh

-- name: said_by
SELECT customer.tenant, customer.customer_id, received_at, feedback_id, occurred_at, category
FROM unnest($1::text[], $2::text[]) AS customer (tenant, customer_id)
CROSS JOIN LATERAL (
    SELECT received_at, feedback_id, occurred_at, category
    FROM scoring.feedback
    WHERE tenant = customer.tenant AND customer_id = customer.customer_id
    ORDER BY received_at DESC, feedback_id DESC
    LIMIT $3) AS said

-- name: kept
-- A statement of its own: it sees what a batch beside ours committed while we waited for it.
SELECT feedback_id, customer_id, message
FROM scoring.feedback_key JOIN scoring.feedback USING (feedback_id, received_at)
WHERE feedback_id = ANY ($1::uuid[])

-- name: message
SELECT message FROM scoring.feedback WHERE feedback_id = $1

-- name: co_creators
-- The latest thing that each customer said of those who may be asked, since the moment $1. Who
-- has become unhappy since is not asked for a favour.
SELECT message
FROM (
    SELECT DISTINCT ON (customer_id) occurred_at, message
    FROM scoring.feedback AS glad
    WHERE tenant = current_setting('closedloop.tenant') AND co_creation AND received_at >= $1
      AND NOT EXISTS (
          SELECT FROM scoring.feedback AS later
          WHERE later.tenant = glad.tenant AND later.customer_id = glad.customer_id
            AND later.received_at > glad.received_at AND later.category = 'detractor')
    ORDER BY customer_id, received_at DESC, feedback_id) AS latest
ORDER BY occurred_at DESC, message
LIMIT $2

-- name: ensure_partitions
SELECT ground.ensure_month_partitions('scoring.feedback', 3)
