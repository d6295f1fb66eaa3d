"""Text: the tokenizer, and folders of texts."""
