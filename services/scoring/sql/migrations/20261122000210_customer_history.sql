-- migrate:up
SET lock_timeout = '5s';

-- What a customer said last: rules ask for it, event by event.
CREATE INDEX feedback_by_customer ON scoring.feedback (tenant, customer_id, received_at DESC);

-- migrate:down
