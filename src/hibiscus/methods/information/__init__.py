"""Unsupervised clustering by maximizing mutual information."""
