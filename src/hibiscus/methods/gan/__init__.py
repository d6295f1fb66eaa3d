"""Generative adversarial networks: a generator learns from a player that tells its pictures from real ones."""
