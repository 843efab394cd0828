-- migrate:up
SET lock_timeout = '5s';

-- Why the detector opened an issue, with the numbers that it went by.
CREATE TABLE outer_loop.detection (
    issue_id uuid PRIMARY KEY REFERENCES outer_loop.systemic_issue,
    tenant text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('safety', 'new', 'risen')),
    sentence text NOT NULL,
    span int NOT NULL,
    customers int NOT NULL,
    usual double precision NOT NULL,
    chance double precision NOT NULL,
    as_of date NOT NULL,
    program_version int NOT NULL
);

ALTER TABLE outer_loop.detection ENABLE ROW LEVEL SECURITY;
ALTER TABLE outer_loop.detection FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON outer_loop.detection TO closedloop_outer_loop USING (true);
CREATE POLICY own_tenant ON outer_loop.detection TO closedloop_outer_loop_api
    USING (tenant = current_setting('closedloop.tenant', true));
GRANT SELECT, INSERT ON outer_loop.detection TO closedloop_outer_loop;
GRANT SELECT ON outer_loop.detection TO closedloop_outer_loop_api;

-- What the detector reads: every sighting of the days that it looks back on.
CREATE INDEX cause_sighting_by_day ON outer_loop.cause_sighting (tenant, day)
    INCLUDE (customer_id, name, at, kind, things, millionths) WHERE dimension = 'what_at';

-- migrate:down
