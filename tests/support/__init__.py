"""What tests share: servers, databases, topics, and waiting for what comes later."""
