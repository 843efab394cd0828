-- migrate:up
SET lock_timeout = '5s';

-- Every step's deadline. `timetable` holds the steps as people see them, `next_due_at` when the
-- first of those not done runs out: null when all are done, or when it was opened by a release
-- without steps and has not changed since; then due_at stands for it.
ALTER TABLE routing.followup
    ADD COLUMN next_due_at timestamptz,
    ADD COLUMN timetable jsonb,
    ADD COLUMN breach_at timestamptz
        GENERATED ALWAYS AS (coalesce(next_due_at, due_at)) STORED;

-- Lists come by time to breach.
CREATE INDEX followup_by_breach ON routing.followup (tenant, breach_at, followup_id);
DROP INDEX routing.followup_by_due;

-- migrate:down
