"""Pages that are files: self-contained, with pictures, and nothing to load."""
