-- name: insert_backtest
INSERT INTO program.backtest (tenant, sha256, counting_version, at, since, until, passed, result)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: last_backtest
-- The last time that the document was tried against that version.
SELECT at, passed
FROM program.backtest
WHERE tenant = $1 AND sha256 = $2 AND counting_version = $3
ORDER BY at DESC, backtest_id DESC
LIMIT 1
