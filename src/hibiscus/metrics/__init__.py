"""Metrics as functions of arrays, and a catalog that describes them."""
