"""Images with segmentation masks: folders, class lists, decoding, preparation."""
