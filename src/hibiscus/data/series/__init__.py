"""Time series in tables: their steps, missing values and transforms, and windows of them."""
