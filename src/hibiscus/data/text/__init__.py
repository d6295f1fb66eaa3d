"""Texts: their tokens and vectors, and the folders and files that hold them."""
