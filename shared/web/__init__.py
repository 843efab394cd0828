"""What every service's web side shares: problems, sign-in, pages, cursors, one look."""
