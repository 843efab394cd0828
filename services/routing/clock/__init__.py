"""The process that keeps the time: it does what is due, and sleeps until the next thing is."""
