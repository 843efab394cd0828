"""The command `closedloop`: each group of commands is a module, main.py puts them together."""
