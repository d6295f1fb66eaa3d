"""Few-shot learning: recognizing new classes from a few examples of each."""
