-- migrate:up
SET lock_timeout = '5s';

GRANT UPDATE (customer_id) ON outer_loop.counted_customer, outer_loop.cause_sighting
    TO closedloop_eraser;
GRANT UPDATE (account_id) ON outer_loop.feedback_fact TO closedloop_eraser;
SELECT ground.show_to_eraser('outer_loop');

-- migrate:down
