"""Kafka: the batch transport, the worker that loses nothing, the producer, topics."""
