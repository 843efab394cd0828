-- name: unsent_messages
-- {schema} is one of the services' own, from the code.
SELECT count(*) FROM {schema}.outbox WHERE sent_at IS NULL
