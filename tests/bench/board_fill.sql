-- name: said
-- $1 tenant, $2 how many. Set-based: every column is a hash of the row's number; 400 days.
INSERT INTO outer_loop.feedback_fact (
    feedback_id, received_at, tenant, customer_id, touchpoint, department, category, severity,
    occurred_at, theme, theme_millionths)
SELECT md5('f' || n)::uuid, date_trunc('hour', now()), $1, 'C-' || d % ($2::bigint / 5),
       'place-' || d / 7 % 20, 'department-' || d / 7 % 5,
       (ARRAY['detractor', 'passive', 'promoter', 'promoter', 'unrated'])[1 + d % 5], 'low',
       now() - make_interval(secs => d % 34560000),
       CASE WHEN d / 3 % 10 = 0 THEN 'cause-' || d / 11 % 12 END,
       CASE WHEN d / 3 % 10 = 0 THEN 500000 + d % 500000 END
FROM (SELECT n, ('x' || substr(md5('d' || n), 1, 7))::bit(28)::int AS d
      FROM generate_series(1, $2::bigint) AS n) AS numbered;

-- name: solved
-- $1 tenant, $2 how many follow-ups with a confirmed cause.
INSERT INTO outer_loop.root_cause_fact (
    followup_id, version, tenant, customer_id, touchpoint, department, state, severity, what, why,
    occurred_at, resolved_at, changed_at)
SELECT md5('u' || n)::uuid, 4, $1, 'C-' || d % (2 * $2::bigint), 'place-' || d / 7 % 20,
       'department-' || d / 7 % 5, 'resolved', 'high', 'cause-' || d / 11 % 12,
       'why-' || d / 13 % 6, met, met + interval '2 days', met + interval '2 days'
FROM (SELECT n, d, now() - make_interval(secs => d % 34560000) AS met
      FROM (SELECT n, ('x' || substr(md5('e' || n), 1, 7))::bit(28)::int AS d
            FROM generate_series(1, $2::bigint) AS n) AS numbered) AS timed;

-- name: opened
-- $1 tenant: an issue for two causes at each place.
INSERT INTO outer_loop.systemic_issue (
    issue_id, tenant, touchpoint, what, threshold_customers, threshold_days, program_version,
    opened_at)
SELECT md5('i' || place || '-' || cause)::uuid, $1, 'place-' || place, 'cause-' || cause, 5, 30, 1,
       now() - interval '300 days'
FROM generate_series(0, 19) AS place, generate_series(0, 1) AS cause;
