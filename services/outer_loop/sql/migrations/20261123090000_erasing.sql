-- migrate:up
SET lock_timeout = '5s';

GRANT UPDATE (customer_id) ON outer_loop.feedback_fact, outer_loop.followup_version,
    outer_loop.root_cause_fact, outer_loop.flagged_feedback, outer_loop.followup_thread
    TO closedloop_eraser;
GRANT UPDATE (customer_id, outcome, why_not, settled_at) ON outer_loop.communication_recipient
    TO closedloop_eraser;
SELECT ground.show_to_eraser('outer_loop');

-- migrate:down
