-- migrate:up
SET lock_timeout = '5s';

-- What is to be measured about a plan. Rows are added, never changed, but for the moment of the
-- approval; the latest of a plan counts. `version` is that of the plan which the design made.
-- A plan has a few, so there are no months.
CREATE TABLE outer_loop.impact_design (
    plan_id uuid NOT NULL REFERENCES outer_loop.action_plan,
    version int NOT NULL,
    tenant text NOT NULL,
    metric text NOT NULL,
    touched text[] NOT NULL CHECK (cardinality(touched) > 0),
    untouched text[] NOT NULL,
    starts_on date NOT NULL,
    weeks_before int NOT NULL,
    weeks_after int NOT NULL,
    expected double precision NOT NULL,
    picked_first date,
    picked_last date,
    stake_customers int,
    stake_leaving double precision,
    stake_worth double precision,
    stake_cost double precision,
    stake_currency text,
    reason text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    frozen_at timestamptz,
    PRIMARY KEY (plan_id, version),
    CHECK (NOT touched && untouched),
    CHECK (num_nulls(picked_first, picked_last) IN (0, 2)),
    CHECK (num_nulls(stake_customers, stake_leaving, stake_worth, stake_cost, stake_currency)
           IN (0, 5))
);

-- What was found in one week of the measuring: `report` is what people are shown, so that the
-- page and the API cannot differ. `weeks_heard` counts the complete weeks after the change.
CREATE TABLE outer_loop.impact_assessment (
    plan_id uuid NOT NULL,
    design_version int NOT NULL,
    weeks_heard int NOT NULL,
    tenant text NOT NULL,
    assessed_at timestamptz NOT NULL,
    is_final boolean NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('effective', 'ineffective', 'inconclusive')),
    report jsonb NOT NULL,
    PRIMARY KEY (plan_id, design_version, weeks_heard),
    FOREIGN KEY (plan_id, design_version) REFERENCES outer_loop.impact_design (plan_id, version)
);

DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['impact_design', 'impact_assessment']
    LOOP
        EXECUTE format('ALTER TABLE outer_loop.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('ALTER TABLE outer_loop.%I FORCE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY every_tenant ON outer_loop.%I TO closedloop_outer_loop USING (true)',
            table_name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON outer_loop.%I TO closedloop_outer_loop_api '
            'USING (tenant = current_setting(''closedloop.tenant'', true))', table_name);
    END LOOP;
END $$;

GRANT SELECT ON outer_loop.impact_design, outer_loop.impact_assessment TO closedloop_outer_loop;
GRANT SELECT, INSERT ON outer_loop.impact_design, outer_loop.impact_assessment
    TO closedloop_outer_loop_api;
GRANT UPDATE (frozen_at) ON outer_loop.impact_design TO closedloop_outer_loop_api;

-- One vocabulary of metrics: the items' `customers_affected` is the designs' metric. The owner of
-- the tables sees no rows under forced row-level security.
ALTER TABLE outer_loop.action_item NO FORCE ROW LEVEL SECURITY;
UPDATE outer_loop.action_item SET effect_metric = 'customers_with_cause'
WHERE effect_metric = 'customers_affected';
ALTER TABLE outer_loop.action_item FORCE ROW LEVEL SECURITY;

-- migrate:down
