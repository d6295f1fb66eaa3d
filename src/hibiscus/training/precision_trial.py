"""Measures whether linear layers are faster in bfloat16 or in float32 on this processor.

Whether they are depends on their sizes: the conversions of a small layer take longer than its product saves.
The result is kept in the cache folder, so that all runs on a machine have the same precision.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from hibiscus.data.disk_cache import cache_folder
from hibiscus.errors import RunError
from hibiscus.training.atomic_files import write_atomically
from hibiscus.training.random_state import preserved_generators

__all__ = ["faster_in_bfloat16"]

TRIAL_SECONDS = 0.8  # for both precisions together
MIN_REPETITIONS, MAX_REPETITIONS = 3, 20
CLEARLY = 0.95  # fraction of the time in float32 below which bfloat16 counts as faster
File = dict[str, bool]


def faster_in_bfloat16(sizes: Sequence[tuple[int, int]], batch_size: int, machine: str) -> bool:
    """Whether a training step of linear layers is clearly faster in bfloat16; measured once per machine.

    Args:
        sizes: (inputs, outputs) of each layer.
        batch_size: items in a batch.
        machine: the description of the processor.
    """
    words = json.dumps([machine, torch.__version__, torch.get_num_threads(), batch_size, sorted(sizes)])
    path = cache_folder() / "precision.json"
    key, known = hashlib.blake2b(words.encode(), digest_size=8).hexdigest(), _read(path)
    if key not in known:
        seconds = _measure(sizes, batch_size)
        known = {**_read(path), key: seconds[torch.bfloat16] < CLEARLY * seconds[torch.float32]}
        with contextlib.suppress(OSError, RunError):  # without a cache it is measured in each run
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps(known).encode())
    return known[key]


def _read(path: Path) -> File:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _measure(sizes: Sequence[tuple[int, int]], batch_size: int) -> dict[torch.dtype, float]:
    """The shortest time of a forward and backward pass through all layers, in seconds, by precision."""
    with preserved_generators(), torch.inference_mode(False), torch.enable_grad():
        layers = [nn.Linear(*size) for size in sizes]
        inputs = [torch.randn(batch_size, size[0], requires_grad=True) for size in sizes]
        seconds = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
        deadline = time.perf_counter() + TRIAL_SECONDS
        for repetition in range(MAX_REPETITIONS):
            for dtype in seconds:
                start = time.perf_counter()
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
                    outputs = [layer(x) for layer, x in zip(layers, inputs, strict=True)]
                torch.autograd.backward([y.float().square().mean() for y in outputs])
                seconds[dtype] = min(seconds[dtype], time.perf_counter() - start)
            if repetition + 1 >= MIN_REPETITIONS and time.perf_counter() > deadline:
                break
    return seconds
