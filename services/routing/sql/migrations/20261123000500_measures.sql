-- migrate:up
SET lock_timeout = '5s';

-- What happened in a period, and whether a customer came back.
CREATE INDEX followup_by_change ON routing.followup (tenant, changed_at);
CREATE INDEX followup_of_customer ON routing.followup (tenant, customer_id, touchpoint, opened_at);

-- migrate:down
