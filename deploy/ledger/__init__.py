"""The proof that nothing is lost: the ledger held against the broker and against the effects."""
