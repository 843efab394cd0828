"""Routing: each unhappy customer gets an owner, a deadline and an answer (the inner loop)."""
