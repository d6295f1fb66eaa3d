"""Training: players, the loop, callbacks and checkpoints, independent of any method."""
