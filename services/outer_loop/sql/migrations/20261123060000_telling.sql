-- migrate:up
SET lock_timeout = '5s';

-- Feedback that opened a follow-up: what its words suggest went wrong, if anything, and the
-- language that it was written in.
CREATE TABLE outer_loop.flagged_feedback (
    feedback_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    customer_id text NOT NULL,
    touchpoint text NOT NULL,
    suggested_what text,
    language text,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX flagged_feedback_by_suggestion
    ON outer_loop.flagged_feedback (tenant, touchpoint, suggested_what)
    WHERE suggested_what IS NOT NULL;

-- Each follow-up on its way from what was said to what became of it. State and whether its
-- customer can be written to are those of the highest version; the moments are the first and the
-- last of all versions, whatever the order in which they came.
CREATE TABLE outer_loop.followup_thread (
    followup_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    feedback_id uuid NOT NULL,
    customer_id text NOT NULL,
    touchpoint text NOT NULL,
    occurred_at timestamptz NOT NULL,
    version int NOT NULL,
    state text NOT NULL,
    can_be_written_to boolean NOT NULL,
    answered_at timestamptz,        -- when somebody first reached or wrote to the customer
    customer_spoke_at timestamptz   -- when the customer last did something on their page
);
CREATE INDEX followup_thread_by_feedback ON outer_loop.followup_thread (tenant, feedback_id);

-- Later scores are looked for by customer.
CREATE INDEX feedback_fact_by_customer
    ON outer_loop.feedback_fact (tenant, customer_id, touchpoint, occurred_at);

-- What customers are told about a change. One draft for a plan at a time.
CREATE TABLE outer_loop.loop_communication (
    communication_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    issue_id uuid NOT NULL REFERENCES outer_loop.systemic_issue,
    plan_id uuid NOT NULL REFERENCES outer_loop.action_plan,
    version int NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'sent')),
    with_suggested boolean NOT NULL,
    written_by text NOT NULL,
    written_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    CHECK ((state = 'sent') = (approved_at IS NOT NULL)),
    CHECK ((approved_at IS NULL) = (approved_by IS NULL))
);
CREATE UNIQUE INDEX one_draft_for_a_plan
    ON outer_loop.loop_communication (plan_id) WHERE state = 'draft';
CREATE INDEX loop_communication_by_issue ON outer_loop.loop_communication (issue_id);

CREATE TABLE outer_loop.communication_text (
    communication_id uuid NOT NULL REFERENCES outer_loop.loop_communication,
    tenant text NOT NULL,
    language text NOT NULL,
    text text NOT NULL CHECK (text <> ''),
    PRIMARY KEY (communication_id, language)
);

-- Whom it went to, and what became of it. Nobody is told twice about one issue: who could not be
-- reached may be tried again, by another communication.
CREATE TABLE outer_loop.communication_recipient (
    communication_id uuid NOT NULL REFERENCES outer_loop.loop_communication,
    tenant text NOT NULL,
    issue_id uuid NOT NULL,
    customer_id text NOT NULL,
    followup_id uuid NOT NULL,
    basis text NOT NULL CHECK (basis IN ('confirmed', 'suggested')),
    outcome text CHECK (outcome IN ('told', 'not_reachable')),
    language text,
    why_not text,
    settled_at timestamptz,
    PRIMARY KEY (communication_id, customer_id),
    CHECK ((outcome IS NULL) = (settled_at IS NULL)),
    CHECK ((outcome = 'not_reachable') = (why_not IS NOT NULL))
);
CREATE UNIQUE INDEX told_once_about_an_issue
    ON outer_loop.communication_recipient (tenant, issue_id, customer_id)
    WHERE outcome IS DISTINCT FROM 'not_reachable';
CREATE INDEX communication_recipient_by_followup
    ON outer_loop.communication_recipient (followup_id);

DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'flagged_feedback', 'followup_thread', 'loop_communication', 'communication_text',
        'communication_recipient']
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

GRANT SELECT, INSERT ON outer_loop.flagged_feedback TO closedloop_outer_loop;
GRANT SELECT, INSERT, UPDATE ON outer_loop.followup_thread TO closedloop_outer_loop;
GRANT SELECT, UPDATE (outcome, language, why_not, settled_at)
    ON outer_loop.communication_recipient TO closedloop_outer_loop;

GRANT SELECT ON outer_loop.flagged_feedback, outer_loop.followup_thread
    TO closedloop_outer_loop_api;
GRANT SELECT, INSERT, UPDATE ON outer_loop.loop_communication TO closedloop_outer_loop_api;
GRANT SELECT, INSERT, DELETE ON outer_loop.communication_text TO closedloop_outer_loop_api;
GRANT SELECT, INSERT ON outer_loop.communication_recipient TO closedloop_outer_loop_api;

-- migrate:down
