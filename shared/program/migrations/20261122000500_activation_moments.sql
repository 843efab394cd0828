-- migrate:up
SET lock_timeout = '5s';

-- An activation may be for later: when it was decided on is kept beside the moment it counts from.
ALTER TABLE program.activation ADD COLUMN activated_at timestamptz;

ALTER TABLE program.activation DISABLE TRIGGER unchangeable;
UPDATE program.activation SET activated_at = active_from;
ALTER TABLE program.activation ENABLE TRIGGER unchangeable;

ALTER TABLE program.activation
    ALTER COLUMN activated_at SET DEFAULT now(),
    ALTER COLUMN activated_at SET NOT NULL;

-- Whoever wants to know what counts asks for the latest moment that has come.
CREATE INDEX activation_in_time
    ON program.activation (tenant, active_from DESC, activation_id DESC);
CREATE INDEX activation_to_come ON program.activation (active_from);
DROP INDEX program.activation_of_tenant;

-- The taxonomy that a version is built on, as it was then: it grows with the software.
ALTER TABLE program.version ADD COLUMN base text;

-- migrate:down
