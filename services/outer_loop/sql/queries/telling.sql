-- name: add_flagged
INSERT INTO outer_loop.flagged_feedback (
    feedback_id, tenant, customer_id, touchpoint, suggested_what, language, occurred_at)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
ON CONFLICT DO NOTHING

-- name: follow
-- Whatever the order in which versions come: the highest says how it stands, the moments only
-- move outwards.
INSERT INTO outer_loop.followup_thread AS known (
    followup_id, tenant, feedback_id, customer_id, touchpoint, occurred_at, version, state,
    can_be_written_to, answered_at, customer_spoke_at)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::int[],
    $8::text[], $9::boolean[], $10::timestamptz[], $11::timestamptz[])
ON CONFLICT (followup_id) DO UPDATE SET
    version = greatest(known.version, excluded.version),
    state = CASE WHEN known.version < excluded.version THEN excluded.state ELSE known.state END,
    can_be_written_to = CASE WHEN known.version < excluded.version
        THEN excluded.can_be_written_to ELSE known.can_be_written_to END,
    answered_at = least(known.answered_at, excluded.answered_at),
    customer_spoke_at = greatest(known.customer_spoke_at, excluded.customer_spoke_at)

-- name: settle
-- What became of messages; one that is known already stays as it is.
UPDATE outer_loop.communication_recipient AS known
SET outcome = given.outcome, language = given.language, why_not = given.why_not,
    settled_at = given.settled_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::timestamptz[])
    AS given (communication_id, tenant, customer_id, outcome, language, why_not, settled_at)
WHERE known.communication_id = given.communication_id
  AND known.tenant = given.tenant
  AND known.customer_id = given.customer_id
  AND known.outcome IS NULL
RETURNING known.communication_id, known.customer_id

-- name: candidates
-- Every customer whose feedback the issue $1 grew out of, met before $2 (when the change was
-- made), each once: a confirmed cause goes before a suggested one, a follow-up by which the
-- customer can be written to before others, then the latest.
WITH this AS (
    SELECT tenant, touchpoint, what FROM outer_loop.systemic_issue WHERE issue_id = $1
), concerned AS (
    SELECT fact.followup_id, fact.customer_id, fact.occurred_at, 'confirmed' AS basis
    FROM outer_loop.root_cause_fact AS fact
    JOIN this USING (tenant, touchpoint, what)
    UNION ALL
    SELECT thread.followup_id, said.customer_id, said.occurred_at, 'suggested'
    FROM outer_loop.flagged_feedback AS said
    JOIN this ON (said.tenant, said.touchpoint, said.suggested_what)
               = (this.tenant, this.touchpoint, this.what)
    JOIN outer_loop.followup_thread AS thread
        ON (thread.tenant, thread.feedback_id) = (said.tenant, said.feedback_id)
    LEFT JOIN outer_loop.root_cause_fact AS fact
        ON fact.followup_id = thread.followup_id AND fact.what IS NOT NULL
    WHERE fact.followup_id IS NULL
)
SELECT DISTINCT ON (concerned.customer_id)
       concerned.customer_id, concerned.followup_id, concerned.basis, said.language,
       coalesce(thread.can_be_written_to, false) AS can_be_written_to,
       EXISTS (
           SELECT FROM outer_loop.communication_recipient AS told
           WHERE told.issue_id = $1 AND told.customer_id = concerned.customer_id
             AND told.outcome IS DISTINCT FROM 'not_reachable') AS is_told
FROM concerned
LEFT JOIN outer_loop.followup_thread AS thread USING (followup_id)
LEFT JOIN outer_loop.flagged_feedback AS said
    ON (said.tenant, said.feedback_id) = (thread.tenant, thread.feedback_id)
WHERE concerned.occurred_at <= $2
ORDER BY concerned.customer_id, concerned.basis, can_be_written_to DESC,
         concerned.occurred_at DESC, concerned.followup_id

-- name: implemented_at
SELECT min(changed_at) FROM outer_loop.change
WHERE thing_id = $1 AND kind = 'action_plan' AND change = 'implemented'

-- name: lock_communication
SELECT communication_id FROM outer_loop.loop_communication
WHERE communication_id = $1 FOR UPDATE

-- name: communications
SELECT written.*,
       ARRAY(SELECT ARRAY[one.language, one.text] FROM outer_loop.communication_text AS one
             WHERE one.communication_id = written.communication_id
             ORDER BY one.language) AS texts
FROM outer_loop.loop_communication AS written
WHERE ($1::uuid IS NULL OR written.communication_id = $1)
  AND ($2::uuid IS NULL OR written.plan_id = $2)
ORDER BY written.written_at DESC, written.communication_id

-- name: save_communication
INSERT INTO outer_loop.loop_communication (
    communication_id, tenant, issue_id, plan_id, version, state, with_suggested, written_by,
    written_at, changed_at, approved_by, approved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (communication_id) DO UPDATE SET
    version = excluded.version,
    state = excluded.state,
    with_suggested = excluded.with_suggested,
    changed_at = excluded.changed_at,
    approved_by = excluded.approved_by,
    approved_at = excluded.approved_at

-- name: clear_texts
DELETE FROM outer_loop.communication_text WHERE communication_id = $1

-- name: save_texts
INSERT INTO outer_loop.communication_text (communication_id, tenant, language, text)
SELECT $1, $2, given.* FROM unnest($3::text[], $4::text[]) AS given

-- name: add_recipients
-- Whoever another communication about the issue goes to already is left out.
INSERT INTO outer_loop.communication_recipient (
    communication_id, tenant, issue_id, customer_id, followup_id, basis)
SELECT $1, $2, $3, given.* FROM unnest($4::text[], $5::uuid[], $6::text[]) AS given
ORDER BY 4
ON CONFLICT DO NOTHING
RETURNING customer_id

-- name: results
-- What became of each communication of a plan.
SELECT sent.communication_id,
       count(*) AS recipients,
       count(*) FILTER (WHERE outcome = 'told') AS told,
       count(*) FILTER (WHERE outcome = 'not_reachable') AS not_reachable,
       count(*) FILTER (WHERE outcome IS NULL) AS on_the_way,
       count(*) FILTER (WHERE outcome = 'told' AND thread.customer_spoke_at > settled_at)
           AS answered
FROM outer_loop.loop_communication AS sent
JOIN outer_loop.communication_recipient AS one USING (communication_id)
LEFT JOIN outer_loop.followup_thread AS thread USING (followup_id)
WHERE sent.plan_id = $1
GROUP BY sent.communication_id

-- name: reasons
-- Why customers could not be told, by communication of a plan.
SELECT sent.communication_id, one.why_not, count(*) AS customers
FROM outer_loop.loop_communication AS sent
JOIN outer_loop.communication_recipient AS one USING (communication_id)
WHERE sent.plan_id = $1 AND one.why_not IS NOT NULL
GROUP BY sent.communication_id, one.why_not
ORDER BY customers DESC, one.why_not
