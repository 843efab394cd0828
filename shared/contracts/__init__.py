"""The open contracts: which topics there are and what an event on each looks like."""
