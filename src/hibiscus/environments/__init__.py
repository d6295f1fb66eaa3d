"""The source of reinforcement learning: environments side by side, a memory of what happened, and episodes for measuring."""
