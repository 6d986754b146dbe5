"""One program for each speed that is claimed, with the naive way measured in the same run."""
