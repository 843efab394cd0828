"""The follow-up API and the inbox's pages."""
