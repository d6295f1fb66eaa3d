"""Training: players, the loop, callbacks, checkpoints and the run folder. It knows no method."""
