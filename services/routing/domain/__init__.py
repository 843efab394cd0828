"""The rules of follow-ups: no I/O, no clock of their own."""
