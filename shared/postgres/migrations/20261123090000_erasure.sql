-- migrate:up
SET lock_timeout = '5s';

-- Takes a customer out of every service's tables, and does nothing else. The services themselves
-- never change what they keep for ever; so this is a role of its own, with exactly these rights.
SELECT ground.create_role('closedloop_eraser');
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'closedloop_eraser', 'SET') THEN
        EXECUTE format('GRANT closedloop_eraser TO %I', current_user);
    END IF;
END $$;

-- Lets the eraser see every table of a schema: it must see a table to prove that nobody is left
-- in it. A migration that adds a table calls this again; what may be changed, it grants itself.
CREATE FUNCTION ground.show_to_eraser(schema_name name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    shown regclass;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO closedloop_eraser', schema_name);
    FOR shown IN
        SELECT oid FROM pg_class
        WHERE relnamespace = schema_name::regnamespace AND relkind IN ('r', 'p')
          AND NOT relispartition
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO closedloop_eraser', shown);
        IF (SELECT relrowsecurity FROM pg_class WHERE oid = shown)
           AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = shown AND polname = 'eraser') THEN
            EXECUTE format('CREATE POLICY eraser ON %s TO closedloop_eraser USING (true)', shown);
        END IF;
    END LOOP;
END $$;

-- How a regular expression finds `trace` as a word of its own.
CREATE FUNCTION ground.as_word(trace text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '(^|[^[:alnum:]_-])' || regexp_replace(trace, '([^[:alnum:]])', '\\\1', 'g')
        || '([^[:alnum:]_-]|$)'
$$;

-- How many rows of a table name somebody of a tenant: hold `trace` as a word of its own in any
-- column, bytes too. Where a table has no tenant, its rows must name that as well.
CREATE FUNCTION ground.rows_that_name(searched regclass, wanted_tenant text, trace text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    named text;
    has_tenant boolean;
    found bigint;
BEGIN
    SELECT string_agg(format(CASE WHEN atttypid = 'bytea'::regtype THEN 'encode(%I, ''escape'') ~ $1'
                                  ELSE '%I::text ~ $1' END, attname), ' OR '),
           bool_or(attname = 'tenant')
    INTO named, has_tenant
    FROM pg_attribute
    WHERE attrelid = searched AND attnum > 0 AND NOT attisdropped
      AND atttypid = ANY (ARRAY['text', 'jsonb', 'json', 'bytea', 'text[]']::regtype[]);
    IF named IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT count(*) FROM %s WHERE (%s) AND (%s)', searched, named,
                   CASE WHEN has_tenant THEN 'tenant = $2' ELSE replace(named, '$1', '$3') END)
        INTO found USING ground.as_word(trace), wanted_tenant, ground.as_word(wanted_tenant);
    RETURN found;
END $$;

-- That somebody was erased, for the auditor. Whom it was, only who knows the id can tell: the
-- digest is that of tenant and customer under the site's secret.
CREATE TABLE ground.erasure (
    erasure_id uuid PRIMARY KEY,
    tenant text NOT NULL,
    customer_digest bytea NOT NULL,
    erased_at timestamptz NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    changed jsonb NOT NULL
);
CREATE FUNCTION ground.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ground.% keeps what was', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER unchangeable BEFORE UPDATE OR DELETE OR TRUNCATE ON ground.erasure
    FOR EACH STATEMENT EXECUTE FUNCTION ground.refuse_change();
GRANT INSERT ON ground.erasure TO closedloop_eraser;
SELECT ground.show_to_eraser('ground');
SELECT ground.show_to_eraser('ledger');

-- migrate:down
