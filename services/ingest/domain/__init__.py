"""What is done with a request and with a key, without any server."""
