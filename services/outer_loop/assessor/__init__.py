"""The process that measures: each week it assesses what plans did, and at the end it says so."""
