"""The process that delivers: it takes what is due, sends it, and keeps what came of it."""
