-- migrate:up
SET lock_timeout = '5s';

-- The systemic issue that somebody has said a follow-up belongs to, whatever its cause turns out
-- to be. No foreign key: issues are told of by another service, and stay as they were told.
ALTER TABLE routing.followup ADD COLUMN issue_id uuid;
ALTER TABLE routing.bulk_item ADD COLUMN issue_before uuid;
CREATE INDEX followup_open_of_issue ON routing.followup (tenant, issue_id, breach_at, followup_id)
    WHERE is_open AND issue_id IS NOT NULL;

-- migrate:down
