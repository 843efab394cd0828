"""PostgreSQL, as ingest uses it."""
