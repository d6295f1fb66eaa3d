"""Computations that do not affect the random numbers of training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

__all__ = ["preserved_random_state"]


@contextlib.contextmanager
def preserved_random_state(device: torch.device, seed: int) -> Iterator[None]:
    """Seeds the random number generators of the CPU and of a device, and restores their state afterwards.

    Args:
        device: the device whose generator is preserved in addition to that of the CPU.
        seed: the seed of both inside the context.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
