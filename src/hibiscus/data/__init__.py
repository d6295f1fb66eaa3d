"""Data: open whatever a person points at, divide it, learn its preparation, and draw batches from it."""
