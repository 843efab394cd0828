-- migrate:up
SET lock_timeout = '5s';

-- No customer is in these tables; the eraser looks, and changes nothing.
SELECT ground.show_to_eraser('web');

-- migrate:down
