-- migrate:up
SET lock_timeout = '5s';

-- What somebody asked of many at once, and what became of each: what undoing needs to know.
CREATE TABLE routing.bulk (
    bulk_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    subject text NOT NULL,
    fingerprint bytea NOT NULL,
    act text NOT NULL,
    started_at timestamptz NOT NULL,
    undone_at timestamptz
);
CREATE TABLE routing.bulk_item (
    bulk_id uuid NOT NULL REFERENCES routing.bulk,
    followup_id uuid NOT NULL,
    tenant text NOT NULL,
    version_seen int NOT NULL,
    outcome text CHECK (outcome IN ('done', 'refused', 'undone', 'kept')),  -- null: not yet
    reason text,
    version_after int,
    owner_before text,
    state_before text,
    why_before jsonb,
    PRIMARY KEY (bulk_id, followup_id)
);
GRANT SELECT, INSERT, UPDATE ON routing.bulk, routing.bulk_item TO closedloop_routing_api;
DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['bulk', 'bulk_item'] LOOP
        EXECUTE format('ALTER TABLE routing.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE routing.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON routing.%I TO closedloop_routing_api'
            ' USING (tenant = current_setting(''closedloop.tenant'', true))', table_name);
    END LOOP;
END $$;

-- migrate:down
