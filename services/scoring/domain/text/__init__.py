"""What can be told from the words of a text: theme, sentiment, and what is personal in it."""
