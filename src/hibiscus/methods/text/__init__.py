"""Methods on texts."""
