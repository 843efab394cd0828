-- migrate:up
SET lock_timeout = '5s';

GRANT UPDATE (customer_id) ON outer_loop.feedback_fact, outer_loop.followup_version,
    outer_loop.root_cause_fact TO closedloop_eraser;
SELECT ground.show_to_eraser('outer_loop');

-- migrate:down
