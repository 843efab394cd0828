-- migrate:up
SET lock_timeout = '5s';

-- Why its owner has a follow-up: data and a sentence. `assigned_as_last_resort`: nobody of the
-- team could be given it, so the lead has it, and should know.
ALTER TABLE routing.followup
    ADD COLUMN assignment_why jsonb,
    ADD COLUMN assigned_as_last_resort boolean NOT NULL DEFAULT false;
CREATE INDEX followup_open_as_last_resort ON routing.followup (tenant, due_at, followup_id)
    WHERE is_open AND assigned_as_last_resort;
-- Who had a customer last.
CREATE INDEX followup_by_customer ON routing.followup (tenant, customer_id, opened_at DESC);

-- Why the owner of each version got it, where a version brought an owner.
ALTER TABLE routing.followup_change ADD COLUMN assignment_why jsonb;

-- At which position each of a team's people had their last turn.
ALTER TABLE routing.rotation ADD COLUMN turns jsonb NOT NULL DEFAULT '{}';

-- migrate:down
