"""Supervised learning of labels and numbers: classification and regression."""
