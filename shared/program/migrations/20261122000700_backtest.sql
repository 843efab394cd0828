-- migrate:up
SET lock_timeout = '5s';

-- Which documents were tried on which part of a tenant's history, and what came of it. A row
-- holds counts and no customer's words. `sha256` is the digest that program.version has of the
-- same document; `counting_version` is the version that it was held against.
CREATE TABLE program.backtest (
    backtest_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    counting_version int NOT NULL,
    at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    passed boolean NOT NULL,
    result jsonb NOT NULL,
    FOREIGN KEY (tenant, counting_version) REFERENCES program.version
);
CREATE INDEX backtest_of_document ON program.backtest (tenant, sha256, at DESC);

CREATE TRIGGER unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON program.backtest
    FOR EACH STATEMENT EXECUTE FUNCTION program.refuse_change();

GRANT SELECT, INSERT ON program.backtest TO closedloop_program;

-- migrate:down
