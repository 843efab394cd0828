"""The outer loop: what keeps going wrong becomes an issue, and departments agree on a plan."""
