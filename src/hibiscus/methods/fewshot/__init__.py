"""Few-shot learning: new classes from a few examples of each."""
