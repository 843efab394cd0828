-- migrate:up
SET lock_timeout = '5s';

-- Models that tenants trained on texts of their own. A program version names the one that judges
-- by the version, which is made of the content; so a row is never changed and never deleted.
CREATE TABLE scoring.model (
    tenant text NOT NULL,
    version text NOT NULL CHECK (version ~ '^[0-9a-f]{16}$'),
    target text NOT NULL CHECK (target IN ('sentiment', 'theme')),
    labels text[] NOT NULL,
    file bytea NOT NULL,
    card text NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, version)
);
-- Weights hardly compress, and the file is compressed already.
ALTER TABLE scoring.model ALTER COLUMN file SET STORAGE EXTERNAL;

CREATE FUNCTION scoring.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'scoring.% keeps what was: keep a new model instead', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON scoring.model
    FOR EACH STATEMENT EXECUTE FUNCTION scoring.refuse_change();

GRANT SELECT, INSERT ON scoring.model TO closedloop_scoring;
GRANT SELECT ON scoring.model TO closedloop_scoring_api;

ALTER TABLE scoring.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE scoring.model FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON scoring.model TO closedloop_scoring USING (true) WITH CHECK (true);
CREATE POLICY one_tenant ON scoring.model FOR SELECT TO closedloop_scoring_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
