"""A limit on the networks that are built for a checkpoint: no more parameters than it can hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from hibiscus.errors import RunError

__all__ = ["limited_networks"]

SPARE = 2**20  # bytes; for buffers that a checkpoint does not hold
OVERHEAD = 64  # bytes of each tensor beside its values, in a checkpoint as in memory


@contextlib.contextmanager
def limited_networks(checkpoint: Path) -> Iterator[None]:
    """Refuses networks that are far larger than a checkpoint, before their values take memory.

    PyTorch tells of each parameter and buffer when it is registered, which is before it is initialized.

    Args:
        checkpoint: the file whose tensors the networks will take; there is no limit if it does not exist.

    Raises:
        RunError: the networks need more memory than the file, twice over.
    """
    if not checkpoint.is_file():
        yield
        return
    left = 2 * checkpoint.stat().st_size + SPARE

    def count(module: nn.Module, name: str, tensor: Any) -> None:
        nonlocal left
        if isinstance(tensor, Tensor) and not isinstance(tensor, nn.UninitializedParameter):
            left -= tensor.numel() * tensor.element_size() + OVERHEAD
        if left < 0:
            raise RunError(
                f"{checkpoint}: smaller than the networks that the options of its run describe",
                "options and weights of the same run",
                "restore run.json and the checkpoints from a backup",
            )

    hooks = (
        nn.modules.module.register_module_parameter_registration_hook(count),
        nn.modules.module.register_module_buffer_registration_hook(count),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
