-- migrate:up
SET lock_timeout = '5s';

-- The lead's desk reads these two alone, so they hold what it groups by; lists walk them as before.
CREATE INDEX followup_open_all ON routing.followup (tenant, breach_at, followup_id)
    INCLUDE (owner, team, state, severity, touchpoint, segment, language, rule, opened_at,
             assigned_as_last_resort, escalation_level)
    WHERE is_open;
CREATE INDEX followup_open_of_team ON routing.followup (tenant, team, breach_at, followup_id)
    INCLUDE (owner, state, opened_at, assigned_as_last_resort, escalation_level)
    WHERE is_open;
DROP INDEX routing.followup_open_list, routing.followup_open_by_team;

-- migrate:down
