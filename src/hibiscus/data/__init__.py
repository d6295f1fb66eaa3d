"""Data: opening a dataset of any supported format, splitting and preparing it, and drawing batches."""
