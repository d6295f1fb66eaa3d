"""Training runs, and the abilities of trained runs."""
