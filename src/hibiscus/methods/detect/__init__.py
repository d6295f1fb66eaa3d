"""Object detection: where things are, and of what class."""
