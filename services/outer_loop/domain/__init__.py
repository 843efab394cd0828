"""The rules of the outer loop: windows, issues, plans. No I/O, the hour passed in."""
