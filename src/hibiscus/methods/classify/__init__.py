"""Supervised learning: classification and regression."""
