"""Clustering without labels by maximizing mutual information."""
