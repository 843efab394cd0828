"""Scoring a file of one's own, without any server: what `closedloop score` does."""
