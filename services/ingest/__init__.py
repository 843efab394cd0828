"""Where feedback comes in: publishers, their keys, and the HTTP API before the public topic."""
