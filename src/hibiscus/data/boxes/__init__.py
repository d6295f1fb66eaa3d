"""Images with bounding boxes: formats, validation, preparation, augmentation."""
