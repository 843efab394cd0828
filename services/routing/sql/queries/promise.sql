-- name: tenant_of
SELECT routing.tenant_of_followup($1);

-- name: promise
SELECT followup_id, tenant, generation, told_customer, call_asked_at, erasure_asked_at
FROM routing.promise
WHERE followup_id = $1;

-- name: keep_promise
INSERT INTO routing.promise (
    followup_id, tenant, generation, told_customer, call_asked_at, erasure_asked_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (followup_id) DO UPDATE
SET generation = excluded.generation, told_customer = excluded.told_customer,
    call_asked_at = excluded.call_asked_at, erasure_asked_at = excluded.erasure_asked_at;

-- name: place
-- How many open follow-ups of the team ($1) are due before the one at ($2, $3), and how many of
-- those behind it have one of the severities $4; each counted up to $5.
SELECT (SELECT count(*) FROM (
            SELECT FROM routing.followup
            WHERE tenant = current_setting('closedloop.tenant') AND is_open AND team = $1
              AND (breach_at, followup_id) < ($2, $3)
            LIMIT $5) AS n) AS ahead,
       (SELECT count(*) FROM (
            SELECT FROM routing.followup
            WHERE tenant = current_setting('closedloop.tenant') AND is_open AND team = $1
              AND (breach_at, followup_id) > ($2, $3) AND severity = ANY ($4::text[])
            LIMIT $5) AS n) AS may_overtake;

-- name: rounds
SELECT followup_id, round, tenant, asked_at, expires_at, scale, settled_at, ending, value
FROM routing.resurvey
WHERE followup_id = $1
ORDER BY round;

-- name: settle_round
UPDATE routing.resurvey SET settled_at = $3, ending = $4, value = $5
WHERE followup_id = $1 AND round = $2 AND settled_at IS NULL;

-- name: lapsed_rounds
SELECT tenant, followup_id, round FROM routing.resurvey
WHERE settled_at IS NULL AND expires_at <= $2 AND tenant = ANY ($1)
ORDER BY expires_at, followup_id
LIMIT $3;

-- name: erase_voice
UPDATE routing.followup
SET text = NULL, contact_name = NULL, contact_email = NULL, contact_phone = NULL
WHERE followup_id = $1;

-- name: erase_later_score
DELETE FROM routing.later_score WHERE followup_id = $1;

-- name: erase_words
SELECT routing.erase_customers_words($1);

-- name: erase_replies
SELECT routing.erase_replies($1);

-- name: erase_channel_replies
SELECT routing.erase_channel_replies($1);

-- name: erase_loop_communications
SELECT routing.erase_loop_communications($1);

-- name: erase_attachments
SELECT routing.erase_attachments($1, $2);
