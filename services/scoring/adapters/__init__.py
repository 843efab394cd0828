"""What scoring reads and writes."""
