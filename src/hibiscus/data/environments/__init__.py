"""Reinforcement-learning environments as data."""
