"""Learning without labels by keeping information."""
