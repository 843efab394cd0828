-- migrate:up
SET lock_timeout = '5s';

CREATE SCHEMA web;

SELECT ground.create_role('closedloop_web');

DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'closedloop_web', 'SET') THEN
        EXECUTE format('GRANT closedloop_web TO %I', current_user);
    END IF;
END $$;

-- Sign-in links that were used, until they would have expired by themselves.
CREATE TABLE web.used_token (
    jti text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_token_expires_at ON web.used_token (expires_at);

GRANT USAGE ON SCHEMA web TO closedloop_web;
GRANT SELECT, INSERT, DELETE ON web.used_token TO closedloop_web;

-- Signing in locally offers the people of the active programs.
GRANT USAGE ON SCHEMA program TO closedloop_web;
GRANT SELECT ON ALL TABLES IN SCHEMA program TO closedloop_web;

-- migrate:down
