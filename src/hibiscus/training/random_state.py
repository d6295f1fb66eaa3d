"""Random numbers that are not those of the caller: its generators stay as they were."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch

__all__ = ["preserved_generators", "preserved_random_state"]


@contextlib.contextmanager
def preserved_generators() -> Iterator[None]:
    """Restores the global generators of PyTorch (CPU and GPUs in use), NumPy and `random` afterwards."""
    cpu, numpy_state, python_state = torch.get_rng_state(), np.random.get_state(), random.getstate()
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    try:
        yield
    finally:
        torch.set_rng_state(cpu)
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        if gpus:
            torch.cuda.set_rng_state_all(gpus)


@contextlib.contextmanager
def preserved_random_state(seed: int) -> Iterator[None]:
    """Seeds the generators of PyTorch, and restores all generators afterwards."""
    with preserved_generators():
        torch.manual_seed(seed)
        yield
