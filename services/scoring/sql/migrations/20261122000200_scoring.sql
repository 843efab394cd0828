-- migrate:up
SET lock_timeout = '5s';

CREATE SCHEMA scoring;

-- Which events are known: not partitioned, because an id is taken once for all months.
CREATE TABLE scoring.feedback_key (
    feedback_id uuid PRIMARY KEY,
    received_at timestamptz NOT NULL
);

-- Every event with its score; rows are added and never changed. `message` is the event that was
-- published, to the byte: whoever sees the feedback again publishes this and nothing newer.
CREATE TABLE scoring.feedback (
    feedback_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    tenant text NOT NULL,
    customer_id text NOT NULL,
    touchpoint text NOT NULL,
    occurred_at timestamptz NOT NULL,
    category text NOT NULL,
    severity text NOT NULL,
    flagged boolean NOT NULL,
    rule text,
    program_version int NOT NULL,
    language text,
    message text NOT NULL,
    PRIMARY KEY (feedback_id, received_at)
) PARTITION BY RANGE (received_at);
SELECT ground.ensure_month_partitions('scoring.feedback', 3);

GRANT USAGE ON SCHEMA scoring TO closedloop_scoring, closedloop_scoring_api;
GRANT SELECT, INSERT ON scoring.feedback_key, scoring.feedback TO closedloop_scoring;
GRANT SELECT ON scoring.feedback TO closedloop_scoring_api;

ALTER TABLE scoring.feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE scoring.feedback FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON scoring.feedback TO closedloop_scoring USING (true) WITH CHECK (true);
CREATE POLICY one_tenant ON scoring.feedback FOR SELECT TO closedloop_scoring_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
