"""The library beneath the services: contracts, Kafka, PostgreSQL, programs and web parts."""
