-- migrate:up
SET lock_timeout = '5s';

-- Whom the company may ask to help make things better.
ALTER TABLE scoring.feedback ADD COLUMN co_creation boolean NOT NULL DEFAULT false;
CREATE INDEX feedback_of_co_creators ON scoring.feedback (tenant, received_at)
    WHERE co_creation;

-- migrate:down
