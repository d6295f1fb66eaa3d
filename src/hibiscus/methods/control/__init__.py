"""Agents that learn to act: one file for each method."""
