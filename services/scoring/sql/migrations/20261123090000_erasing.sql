-- migrate:up
SET lock_timeout = '5s';

GRANT UPDATE (customer_id, message, co_creation) ON scoring.feedback TO closedloop_eraser;
GRANT UPDATE (note) ON scoring.review TO closedloop_eraser;
GRANT UPDATE (answer) ON scoring.second_opinion TO closedloop_eraser;
SELECT ground.show_to_eraser('scoring');

-- migrate:down
