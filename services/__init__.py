"""The services, each a room of its own: ingest, scoring, routing and outer_loop."""
