"""What scoring answers over HTTP."""
