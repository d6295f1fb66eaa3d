"""Metrics as functions of arrays, and a catalog that says what each of them means."""
