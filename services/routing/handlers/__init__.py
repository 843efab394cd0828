"""Commands and batches in, outcomes out: each handler owns its transaction."""
