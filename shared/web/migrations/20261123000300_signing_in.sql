-- migrate:up
SET lock_timeout = '5s';

-- Who signed in, when and how, and who was refused (`refused` says why). It is only added to:
-- nobody is granted UPDATE or DELETE, and no policy would let them.
CREATE TABLE web.sign_in (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    how text NOT NULL CHECK (how IN ('provider', 'link', 'one_click')),
    refused text,
    tenant text,
    subject text,
    name text,
    roles text[] NOT NULL DEFAULT '{}',
    CHECK (refused IS NOT NULL OR (tenant IS NOT NULL AND subject IS NOT NULL))
);
CREATE INDEX sign_in_at ON web.sign_in (at);

ALTER TABLE web.sign_in ENABLE ROW LEVEL SECURITY;
ALTER TABLE web.sign_in FORCE ROW LEVEL SECURITY;
CREATE POLICY anybody_is_written_down ON web.sign_in FOR INSERT TO closedloop_web WITH CHECK (true);
CREATE POLICY every_tenant_is_read ON web.sign_in FOR SELECT TO closedloop_web USING (true);
GRANT SELECT, INSERT ON web.sign_in TO closedloop_web;

-- What programs call the APIs with. Of a token only its SHA-256 is kept; a revoked one stays, so
-- that what it let in can be explained.
CREATE TABLE web.access_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL CHECK (tenant ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at timestamptz CHECK (revoked_at >= created_at),
    last_used_at timestamptz
);

CREATE UNIQUE INDEX access_token_in_use ON web.access_token (tenant, name) WHERE revoked_at IS NULL;

-- A request names no tenant: its token does. So it is looked for across tenants.
ALTER TABLE web.access_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE web.access_token FORCE ROW LEVEL SECURITY;
CREATE POLICY whose_token ON web.access_token TO closedloop_web USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON web.access_token TO closedloop_web;
GRANT UPDATE (revoked_at, last_used_at) ON web.access_token TO closedloop_web;

-- migrate:down
