-- What taking a customer out of these tables means: $1 the tenant, $2 the customer, $3 the name
-- that stands for nobody from now on. In this order, in one transaction, as closedloop_eraser.

-- name: second_opinion
UPDATE scoring.second_opinion SET answer = ''
WHERE tenant = $1 AND feedback_id IN (
    SELECT feedback_id FROM scoring.feedback WHERE tenant = $1 AND customer_id = $2)

-- name: review
UPDATE scoring.review SET note = NULL
WHERE tenant = $1 AND feedback_id IN (
    SELECT feedback_id FROM scoring.feedback WHERE tenant = $1 AND customer_id = $2)

-- name: feedback
-- The event stays an event, so that its offset keeps its outcome and its score counts. What only
-- had words has none now, and says so: a rating or a text there must be.
UPDATE scoring.feedback AS kept
SET customer_id = $3,
    co_creation = false,
    message = jsonb_set(
        (message::jsonb || CASE WHEN message::jsonb ->> 'subject' = $2
                                THEN jsonb_build_object('subject', $3::text) ELSE '{}' END)
            #- '{data,input_sha256}',
        '{data,feedback}',
        (message::jsonb #> '{data,feedback}'
             #- '{text}' #- '{contact}' #- '{account_id}' #- '{customer_value}')
        || jsonb_build_object('customer_id', $3::text, 'attributes', '{}'::jsonb)
        || CASE WHEN message::jsonb #> '{data,feedback,rating}' IS NULL
                THEN '{"text": "[erased]"}'::jsonb ELSE '{}' END)::text
WHERE tenant = $1 AND customer_id = $2
