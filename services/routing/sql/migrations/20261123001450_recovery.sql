-- migrate:up
SET lock_timeout = '5s';

-- What was offered to customers, and what was decided: a row for each decision, nobody changes or
-- deletes one. What an owner may give alone is approved at once; else it is offered first. Money is
-- exact; an apology has none.
CREATE TABLE routing.recovery (
    recovery_id uuid NOT NULL,
    decision text NOT NULL CHECK (decision IN ('offered', 'approved', 'refused')),
    tenant text NOT NULL,
    followup_id uuid NOT NULL,
    version int NOT NULL,   -- the follow-up's after it
    customer_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('refund', 'voucher', 'apology')),
    amount numeric(15, 3) CHECK (amount > 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    by text NOT NULL,
    by_name text NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL,
    program_version int NOT NULL,
    PRIMARY KEY (recovery_id, decision),
    UNIQUE (followup_id, version),
    CONSTRAINT only_apologies_cost_nothing CHECK (
        num_nulls(amount, currency) = CASE kind WHEN 'apology' THEN 2 ELSE 0 END)
);
CREATE UNIQUE INDEX recovery_settled_once ON routing.recovery (recovery_id)
    WHERE decision <> 'offered';
CREATE INDEX recovery_given ON routing.recovery (tenant, customer_id, at)
    WHERE decision = 'approved';
CREATE INDEX recovery_offered ON routing.recovery (tenant, at) WHERE decision = 'offered';

GRANT SELECT, INSERT ON routing.recovery TO closedloop_routing_api;
GRANT SELECT ON routing.recovery TO closedloop_routing;
ALTER TABLE routing.recovery ENABLE ROW LEVEL SECURITY;
ALTER TABLE routing.recovery FORCE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON routing.recovery TO closedloop_routing USING (true);
CREATE POLICY own_tenant ON routing.recovery TO closedloop_routing_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
