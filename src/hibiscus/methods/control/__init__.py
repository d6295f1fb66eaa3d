"""Reinforcement learning: one file for each method."""
