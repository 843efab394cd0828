"""Feedback from files: rows become events by a mapping and go in through the public API."""
