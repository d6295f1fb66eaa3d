"""Learning new classes from a few examples."""
