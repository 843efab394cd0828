"""PostgreSQL: pools, named queries, migrations, the ledger, the outbox, tenants kept apart."""
