-- migrate:up
SET lock_timeout = '5s';

-- What another model said of a text, asked by hand and never while events are scored: rows are
-- added and never changed. A refused answer is kept with the reason, and has no labels.
CREATE TABLE scoring.second_opinion (
    opinion_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feedback_id uuid NOT NULL,
    tenant text NOT NULL,
    model text NOT NULL,            -- as we asked for it
    prompt_version text NOT NULL,
    program_version int NOT NULL,   -- whose ids it had to choose from
    asked_at timestamptz NOT NULL,
    latency_ms int NOT NULL CHECK (latency_ms >= 0),
    sentiment text,
    theme text,
    cause text,
    refused text,
    answer text NOT NULL,           -- as it came, cut to what is worth reading
    CONSTRAINT refused_without_labels CHECK (
        refused IS NULL OR num_nonnulls(sentiment, theme, cause) = 0)
);
CREATE INDEX second_opinion_of_feedback ON scoring.second_opinion (feedback_id, asked_at);

GRANT SELECT, INSERT ON scoring.second_opinion TO closedloop_scoring_api;

ALTER TABLE scoring.second_opinion ENABLE ROW LEVEL SECURITY;
ALTER TABLE scoring.second_opinion FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON scoring.second_opinion TO closedloop_scoring_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
