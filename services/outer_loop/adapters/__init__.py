"""PostgreSQL behind the ports: a typed function for each query."""
