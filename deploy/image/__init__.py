"""What production runs: the image and what only it needs."""
