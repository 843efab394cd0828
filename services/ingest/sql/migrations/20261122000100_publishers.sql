-- migrate:up
SET lock_timeout = '5s';

CREATE SCHEMA ingest;
GRANT USAGE ON SCHEMA ingest TO closedloop_ingest, closedloop_ingest_api;

-- Who may hand in events over HTTP. Of a key only its SHA-256 is kept; a revoked one stays, so
-- that what it let in can be explained.
CREATE TABLE ingest.publisher (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL CHECK (tenant ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz CHECK (revoked_at >= created_at)
);

CREATE UNIQUE INDEX publisher_in_use ON ingest.publisher (tenant, name) WHERE revoked_at IS NULL;

ALTER TABLE ingest.publisher ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest.publisher FORCE ROW LEVEL SECURITY;

CREATE POLICY every_tenant ON ingest.publisher TO closedloop_ingest USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON ingest.publisher TO closedloop_ingest;

-- A request names no tenant: its key does. So the API reads across tenants, and nothing but
-- what tells whose key it is.
CREATE POLICY whose_key ON ingest.publisher FOR SELECT TO closedloop_ingest_api USING (true);
GRANT SELECT (tenant, name, key_hash, revoked_at) ON ingest.publisher TO closedloop_ingest_api;

-- migrate:down
