-- name: to_ask
-- Feedback with words that was received from $1 on and that the model $2 was not asked about with
-- the prompt $3, the newest first. $4 narrows: review, abstained (of sentiment or theme) or flagged.
-- The message is compact JSON as scoring writes it, in which no text can hold a bare quote: to
-- look into it as text takes an eighth of the time that parsing it does.
SELECT feedback_id, program_version, message
FROM scoring.feedback
WHERE tenant = current_setting('closedloop.tenant')
  AND received_at >= $1
  AND CASE $4::text
      WHEN 'review' THEN review IS NOT NULL
      WHEN 'flagged' THEN flagged
      WHEN 'abstained' THEN message NOT LIKE '%"sentiment":{"label":%'
                         OR message NOT LIKE '%"theme":{"label":%'
      ELSE true
      END
  AND split_part(message, '"attributes":{', 1) LIKE '%"text":"_%'
  AND NOT EXISTS (
      SELECT FROM scoring.second_opinion AS asked
      WHERE asked.feedback_id = feedback.feedback_id AND model = $2 AND prompt_version = $3)
ORDER BY received_at DESC, feedback_id
LIMIT $5;

-- name: keep_opinion
INSERT INTO scoring.second_opinion (
    feedback_id, tenant, model, prompt_version, program_version, asked_at, latency_ms,
    sentiment, theme, cause, refused, answer)
VALUES ($1, current_setting('closedloop.tenant'), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: opinions_of
SELECT model, prompt_version, program_version, asked_at, latency_ms, sentiment, theme, cause,
       refused, answer
FROM scoring.second_opinion
WHERE feedback_id = $1 AND tenant = current_setting('closedloop.tenant')
ORDER BY opinion_id;

-- name: both_opinions
-- What we said, and what the model $2 said with the prompt $3, of feedback received from $1 on.
SELECT message::jsonb #>> '{data,sentiment,label}' AS our_sentiment, second.sentiment,
       message::jsonb #>> '{data,theme,label}' AS our_theme, second.theme,
       message::jsonb #>> '{data,cause,label}' AS our_cause, second.cause
FROM scoring.second_opinion AS second
JOIN scoring.feedback USING (feedback_id, tenant)
WHERE tenant = current_setting('closedloop.tenant')
  AND received_at >= $1 AND model = $2 AND prompt_version = $3 AND refused IS NULL;
