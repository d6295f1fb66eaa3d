"""Small datasets that need no download."""
