"""Takes a customer out of everything that is kept, and proves that nothing was left."""
