"""A candidate program tried on the tenant's own history before it counts."""
