"""The number of threads of a run: sums on a CPU, and so the results, depend on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch

from hibiscus.plurals import plural
from hibiscus.progress import show_line
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.info import read_info
from hibiscus.training.distributed import world_size

__all__ = ["recorded_threads"]


@contextlib.contextmanager
def recorded_threads(folder: RunFolder, device: torch.device) -> Iterator[None]:
    """Computes with the number of threads with which a run began, as recorded in `run.json`.

    It is kept on a machine with fewer processors, too, where it takes longer. A GPU, and several processes
    that train together, do not use it.

    Raises:
        RunError: `run.json` is damaged.
    """
    before = torch.get_num_threads()
    counts = device.type == "cpu" and world_size() == 1
    threads = (read_info(folder).get("threads") or before) if counts else before
    if threads == before:
        yield
        return
    processors = os.cpu_count() or 1
    slower = f"; this machine has only {plural(processors, 'processor')}" if threads > processors else ""
    show_line(
        f"  threads: {threads}, as when the run began, instead of {before}: results depend on it{slower}"
    )
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
