"""What happens on each event and each command, over the ports of domain/ports.py."""
