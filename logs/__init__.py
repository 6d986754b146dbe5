"""The logs: coloured lines for a person on standard error, JSON in a file of the day, no secret in either."""
