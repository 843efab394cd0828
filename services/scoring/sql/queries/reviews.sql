-- name: list_reviews
-- Feedback to review, the oldest first: decided ($1) or not. $2 and $3 are where the last page
-- ended.
SELECT review, message, decided.*
FROM scoring.feedback
LEFT JOIN LATERAL (
    SELECT version, decision, sentiment, note, actor, actor_name, decided_at
    FROM scoring.review
    WHERE review.feedback_id = feedback.feedback_id
    ORDER BY version DESC
    LIMIT 1) AS decided ON true
WHERE tenant = current_setting('closedloop.tenant')
  AND review IS NOT NULL
  AND (decided.version IS NOT NULL) = $1
  AND ($2::timestamptz IS NULL OR (received_at, feedback_id) > ($2, $3::uuid))
ORDER BY received_at, feedback_id
LIMIT $4;

-- name: count_reviews
SELECT count(*) FILTER (WHERE NOT is_decided) AS open, count(*) FILTER (WHERE is_decided) AS decided
FROM (
    SELECT EXISTS (
        SELECT FROM scoring.review WHERE review.feedback_id = feedback.feedback_id) AS is_decided
    FROM scoring.feedback
    WHERE tenant = current_setting('closedloop.tenant') AND review IS NOT NULL) AS reviewed;

-- name: reviewable
SELECT review, message
FROM scoring.feedback
WHERE feedback_id = $1 AND tenant = current_setting('closedloop.tenant') AND review IS NOT NULL;

-- name: decisions
SELECT version, decision, sentiment, note, actor, actor_name, decided_at
FROM scoring.review
WHERE feedback_id = $1 AND tenant = current_setting('closedloop.tenant')
ORDER BY version;

-- name: decide
-- No row when somebody was quicker, or when the key was used before.
INSERT INTO scoring.review (feedback_id, version, tenant, decision, sentiment, note, actor,
                            actor_name, decided_at, key)
VALUES ($1, $2, current_setting('closedloop.tenant'), $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING
RETURNING version;

-- name: decided_by_key
SELECT feedback_id, version, decision, sentiment, note, actor, actor_name, decided_at
FROM scoring.review
WHERE tenant = current_setting('closedloop.tenant') AND actor = $1 AND key = $2;

-- name: confirmed_sentiments
-- Texts whose sentiment a person has confirmed, as decided last, in the order of receipt: labels
-- to train and to measure by.
SELECT DISTINCT ON (received_at, feedback_id)
    feedback_id, received_at, language, message::jsonb #>> '{data,feedback,text}' AS text,
    review.sentiment
FROM scoring.feedback
JOIN scoring.review USING (feedback_id, tenant)
WHERE tenant = current_setting('closedloop.tenant') AND received_at >= $1
ORDER BY received_at, feedback_id, version DESC;
