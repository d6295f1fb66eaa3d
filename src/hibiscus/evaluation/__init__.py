"""Evaluation of each task: metrics, baselines and report items. One module per task."""
