-- migrate:up
SET lock_timeout = '5s';

-- Each follow-up of an issue from what was said to what became of it: the cause, the first change
-- that was made afterwards, what its customer was told, and the first that they said at the same
-- touchpoint after that. Whoever reads it sees what the policies of these tables show them.
CREATE VIEW outer_loop.thread WITH (security_invoker = true) AS
SELECT concerned.issue_id, concerned.tenant, concerned.touchpoint, concerned.what,
       concerned.why, concerned.basis, concerned.customer_id, concerned.followup_id,
       concerned.occurred_at, thread.feedback_id, thread.state, thread.answered_at,
       made.plan_id, made.summary, made.plan_state, made.implemented_at,
       told.communication_id,
       CASE WHEN told.communication_id IS NOT NULL THEN coalesce(told.outcome, 'on_the_way') END
           AS outcome,
       told.settled_at, told.why_not,
       later.feedback_id AS later_feedback_id, later.occurred_at AS later_at,
       later.category AS later_category
FROM (
    SELECT issue.issue_id, issue.tenant, issue.touchpoint, issue.what, fact.why,
           'confirmed' AS basis, fact.customer_id, fact.followup_id, fact.occurred_at
    FROM outer_loop.systemic_issue AS issue
    JOIN outer_loop.root_cause_fact AS fact USING (tenant, touchpoint, what)
    UNION ALL
    SELECT issue.issue_id, issue.tenant, issue.touchpoint, issue.what, NULL,
           'suggested', said.customer_id, one.followup_id, said.occurred_at
    FROM outer_loop.systemic_issue AS issue
    JOIN outer_loop.flagged_feedback AS said
        ON (said.tenant, said.touchpoint, said.suggested_what)
         = (issue.tenant, issue.touchpoint, issue.what)
    JOIN outer_loop.followup_thread AS one
        ON (one.tenant, one.feedback_id) = (said.tenant, said.feedback_id)
    LEFT JOIN outer_loop.root_cause_fact AS fact
        ON fact.followup_id = one.followup_id AND fact.what IS NOT NULL
    WHERE fact.followup_id IS NULL
) AS concerned
LEFT JOIN outer_loop.followup_thread AS thread USING (followup_id)
LEFT JOIN LATERAL (
    SELECT plan.plan_id, plan.summary, plan.state AS plan_state,
           min(change.changed_at) AS implemented_at
    FROM outer_loop.action_plan AS plan
    JOIN outer_loop.change
        ON change.thing_id = plan.plan_id AND change.kind = 'action_plan'
       AND change.change = 'implemented'
    WHERE plan.issue_id = concerned.issue_id
    GROUP BY plan.plan_id
    HAVING min(change.changed_at) >= concerned.occurred_at
    ORDER BY implemented_at, plan.plan_id
    LIMIT 1) AS made ON true
LEFT JOIN LATERAL (
    SELECT one.communication_id, one.outcome, one.settled_at, one.why_not
    FROM outer_loop.communication_recipient AS one
    WHERE one.tenant = concerned.tenant AND one.issue_id = concerned.issue_id
      AND one.customer_id = concerned.customer_id
    ORDER BY one.outcome IS NOT DISTINCT FROM 'not_reachable', one.settled_at DESC
    LIMIT 1) AS told ON true
LEFT JOIN LATERAL (
    SELECT said.feedback_id, said.occurred_at, said.category
    FROM outer_loop.feedback_fact AS said
    WHERE told.outcome = 'told' AND said.tenant = concerned.tenant
      AND said.customer_id = concerned.customer_id AND said.touchpoint = concerned.touchpoint
      AND said.occurred_at > told.settled_at
    ORDER BY said.occurred_at, said.feedback_id
    LIMIT 1) AS later ON true;

CREATE INDEX communication_recipient_by_customer
    ON outer_loop.communication_recipient (tenant, issue_id, customer_id);
GRANT SELECT ON outer_loop.thread TO closedloop_outer_loop_api;

-- migrate:down
