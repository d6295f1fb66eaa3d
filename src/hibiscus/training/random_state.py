"""Evaluation without touching the random state of a training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

__all__ = ["preserved_random_state"]


@contextlib.contextmanager
def preserved_random_state(device: torch.device, seed: int) -> Iterator[None]:
    """Seeds the generators for what runs inside, and puts back their state afterwards."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
