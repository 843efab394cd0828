-- migrate:up
SET lock_timeout = '5s';

-- Nobody's follow-ups in the order of lists: of an index that begins with the owner PostgreSQL
-- knows no order for those that have none, and sorts them all.
CREATE INDEX followup_open_unowned ON routing.followup (tenant, breach_at, followup_id)
    INCLUDE (team, state) WHERE is_open AND owner IS NULL;

-- migrate:down
