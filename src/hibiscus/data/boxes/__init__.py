"""Images with boxes: formats, validation, preparation, augmentation."""
