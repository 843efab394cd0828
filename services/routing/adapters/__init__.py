"""Where this service meets PostgreSQL."""
