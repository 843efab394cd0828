-- migrate:up
SET lock_timeout = '5s';

-- The inbox counts those that wait and those that were reopened at each opening: by an index, as
-- far as it counts, and not all of them.
CREATE INDEX followup_open_by_state ON routing.followup (tenant, state, breach_at, followup_id)
    INCLUDE (owner, team) WHERE is_open;
-- Whether a follow-up is open follows from its state; taken for independent, a state that one in
-- five open ones has looks rare among millions of closed ones.
CREATE STATISTICS routing.followup_open_states (mcv) ON state, is_open FROM routing.followup;

-- migrate:down
