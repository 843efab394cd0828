"""A tenant's own models: trained on its history, measured on what came later, adopted if better."""
