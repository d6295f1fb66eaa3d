"""Generative adversarial networks: a generator learns from a player that tells its images from real ones."""
