"""Scoring: judges every feedback event by its tenant's program and says why."""
