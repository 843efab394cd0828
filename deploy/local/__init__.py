"""The whole product on one machine: real Kafka, real PostgreSQL and a supervisor over both."""
