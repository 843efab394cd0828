"""What the running software says of itself."""
