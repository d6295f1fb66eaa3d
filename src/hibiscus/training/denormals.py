"""Denormal numbers, which a processor computes about a hundred times slower than others, flushed to zero."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

__all__ = ["flushed_denormals"]

DENORMAL = 1e-310


@contextlib.contextmanager
def flushed_denormals() -> Iterator[None]:
    """Flushes denormal numbers to zero, and restores the setting of the caller afterwards.

    Other libraries may rely on them: SciPy's k-d tree recurses without end if they are flushed.
    """
    flushed = DENORMAL * float(torch.ones(())) == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)
