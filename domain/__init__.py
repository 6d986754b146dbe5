"""The words of the desk and the arithmetic on them. No input, no output, no clock of its own."""
