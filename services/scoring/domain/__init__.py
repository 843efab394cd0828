"""What scoring decides, without any input or output."""
