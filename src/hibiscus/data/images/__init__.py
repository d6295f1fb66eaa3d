"""Images: folders, decoding, the cache, operations, augmentation, video."""
