"""Slow, plain twins of fast functions: pure Python, one item at a time, to read and to test the fast ones against."""
