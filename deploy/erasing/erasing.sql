-- name: addresses
-- Where this customer and nobody else can be reached, as far as cases know.
SELECT DISTINCT address
FROM routing.followup CROSS JOIN LATERAL (VALUES (contact_email), (contact_phone)) AS way (address)
WHERE tenant = $1 AND customer_id = $2 AND address IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM routing.followup AS other
      WHERE other.tenant = $1 AND other.customer_id <> $2
        AND address IN (other.contact_email, other.contact_phone))

-- name: tables
-- What there is to search. A table that the eraser can't read would prove nothing, so it is named.
SELECT format('%I.%I', nspname, relname) AS name,
       has_table_privilege('closedloop_eraser', pg_class.oid, 'SELECT')
           AND (NOT relrowsecurity OR EXISTS (
               SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'eraser'))
           AS is_shown
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname IN ('ground', 'ledger', 'program', 'web', 'ingest', 'scoring', 'routing', 'outer_loop')
  AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY 1

-- name: rows_that_name
SELECT coalesce(sum(ground.rows_that_name($1::text::regclass, $2, trace)), 0)
FROM unnest($3::text[]) AS trace

-- name: record
INSERT INTO ground.erasure (erasure_id, tenant, customer_digest, erased_at, who, why, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7)
