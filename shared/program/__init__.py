"""The program: a tenant's configuration, one versioned document that every service obeys."""
