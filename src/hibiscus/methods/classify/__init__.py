"""Learning from labelled items: classes and numbers."""
