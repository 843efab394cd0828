-- name: given
-- What was approved for the follow-ups $2, and for their customer ($1) since $4, in a currency.
SELECT coalesce(sum(amount) FILTER (WHERE followup_id = ANY ($2::uuid[])), 0) AS followup,
       coalesce(sum(amount) FILTER (WHERE at >= $4), 0) AS customer
FROM routing.recovery
WHERE tenant = current_setting('closedloop.tenant') AND customer_id = $1 AND currency = $3
  AND decision = 'approved';

-- name: recoveries
SELECT * FROM routing.recovery WHERE followup_id = $1 ORDER BY version;

-- name: insert_recovery
INSERT INTO routing.recovery (
    recovery_id, decision, tenant, followup_id, version, customer_id, kind, amount, currency, by,
    by_name, why, at, program_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: waiting
SELECT recovery_id, offered.decision, offered.version AS decided_version, kind, amount, currency,
       by, by_name, why, at, offered.program_version AS decided_by_program, followup.*
FROM routing.recovery AS offered
JOIN routing.followup USING (followup_id)
WHERE offered.tenant = current_setting('closedloop.tenant') AND offered.decision = 'offered'
  AND (followup.team = ANY ($1::text[]) OR followup.department = ANY ($2::text[]))
  AND NOT EXISTS (
      SELECT FROM routing.recovery AS settled
      WHERE settled.recovery_id = offered.recovery_id AND settled.decision <> 'offered')
ORDER BY at, recovery_id
LIMIT $3;
