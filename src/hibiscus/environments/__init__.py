"""Reinforcement learning environments: vectorized environments, the replay buffer, and whole episodes for
evaluation.
"""
