-- migrate:up
SET lock_timeout = '5s';

-- The programs of all tenants. Every process reads them all at once and none of them speaks of
-- a customer, so that no rows are kept from the service roles; closedloop_program alone adds.
CREATE SCHEMA program;

SELECT ground.create_role('closedloop_program');
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'closedloop_program', 'SET') THEN
        EXECUTE format('GRANT closedloop_program TO %I', current_user);
    END IF;
END $$;

CREATE TABLE program.version (
    tenant text NOT NULL,
    version int NOT NULL CHECK (version >= 1),
    document text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    who text NOT NULL,
    why text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, version)
);

-- The last activation of a tenant says which version counts.
CREATE TABLE program.activation (
    activation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    version int NOT NULL,
    active_from timestamptz NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    FOREIGN KEY (tenant, version) REFERENCES program.version
);
CREATE INDEX activation_of_tenant ON program.activation (tenant, activation_id DESC);

-- What a score cites must read the same for ever, whoever asks to change it.
CREATE FUNCTION program.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'program.% keeps what was: activate a new version instead', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON program.version
    FOR EACH STATEMENT EXECUTE FUNCTION program.refuse_change();
CREATE TRIGGER unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON program.activation
    FOR EACH STATEMENT EXECUTE FUNCTION program.refuse_change();

GRANT USAGE ON SCHEMA program TO
    closedloop_program,
    closedloop_ingest, closedloop_scoring, closedloop_routing, closedloop_outer_loop,
    closedloop_ingest_api, closedloop_scoring_api, closedloop_routing_api,
    closedloop_outer_loop_api;
GRANT SELECT ON program.version, program.activation TO
    closedloop_ingest, closedloop_scoring, closedloop_routing, closedloop_outer_loop,
    closedloop_ingest_api, closedloop_scoring_api, closedloop_routing_api,
    closedloop_outer_loop_api;

GRANT SELECT, INSERT ON program.version, program.activation TO closedloop_program;

-- migrate:down
