-- migrate:up
SET lock_timeout = '5s';

-- Words and rating that contradict each other, for a person to look at; null where they do not.
ALTER TABLE scoring.feedback ADD COLUMN review text
    CHECK (review IN ('negative_words_good_rating', 'positive_words_bad_rating'));
CREATE INDEX feedback_to_review ON scoring.feedback (tenant, received_at, feedback_id)
    WHERE review IS NOT NULL;

-- What people decided, one row a decision, never changed: of one feedback the highest version
-- counts. `sentiment` is what follows for the words, which models may learn from.
CREATE TABLE scoring.review (
    feedback_id uuid NOT NULL,
    version int NOT NULL CHECK (version >= 1),
    tenant text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('words', 'rating', 'both')),
    sentiment text NOT NULL CHECK (sentiment IN ('negative', 'neutral', 'positive')),
    note text,
    actor text NOT NULL,
    actor_name text NOT NULL,
    decided_at timestamptz NOT NULL,
    key text,               -- the request's idempotency key
    PRIMARY KEY (feedback_id, version),
    UNIQUE (tenant, actor, key)
);

GRANT SELECT, INSERT ON scoring.review TO closedloop_scoring_api;
GRANT SELECT ON scoring.review TO closedloop_scoring;

ALTER TABLE scoring.review ENABLE ROW LEVEL SECURITY;
ALTER TABLE scoring.review FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON scoring.review FOR SELECT TO closedloop_scoring USING (true);
CREATE POLICY one_tenant ON scoring.review TO closedloop_scoring_api
    USING (tenant = current_setting('closedloop.tenant', true));

-- migrate:down
