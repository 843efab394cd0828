-- migrate:up
SET lock_timeout = '5s';

-- Files of cases; `version` is the follow-up's at which one was added. They stay as they are, but
-- that they go with their customer's words.
CREATE TABLE routing.attachment (
    attachment_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    followup_id uuid NOT NULL,
    version int NOT NULL,
    name text NOT NULL,
    size int NOT NULL,
    digest bytea NOT NULL,   -- SHA-256
    by text NOT NULL,
    at timestamptz NOT NULL,
    erased_at timestamptz,
    content bytea NOT NULL,
    UNIQUE (followup_id, version)
);
-- Photos and documents are compressed already.
ALTER TABLE routing.attachment ALTER COLUMN content SET STORAGE EXTERNAL;

GRANT SELECT, INSERT ON routing.attachment TO closedloop_routing_api;
GRANT SELECT, UPDATE (name, digest, content, erased_at) ON routing.attachment
    TO closedloop_routing;
ALTER TABLE routing.attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.attachment FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.attachment TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.attachment TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

CREATE FUNCTION routing.erase_attachments(wanted uuid, moment timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE routing.attachment SET name = '', digest = '', content = '', erased_at = moment
    WHERE followup_id = wanted AND tenant = current_setting('closedloop.tenant')
      AND erased_at IS NULL
$$;
GRANT CREATE ON SCHEMA routing TO closedloop_routing;
ALTER FUNCTION routing.erase_attachments(uuid, timestamptz) OWNER TO closedloop_routing;
REVOKE CREATE ON SCHEMA routing FROM closedloop_routing;
REVOKE ALL ON FUNCTION routing.erase_attachments(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION routing.erase_attachments(uuid, timestamptz) TO closedloop_routing_api;

-- migrate:down
