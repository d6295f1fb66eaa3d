"""Object detection: bounding boxes and their classes."""
