"""Explanations of a trained network: activations, filters, and attributions of its scores to the input."""
