"""The HTTP API and the board's pages."""
