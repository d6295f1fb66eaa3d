"""The context in which the networks of a trained run compute: seeded, no gradients, errors named."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from hibiscus.data.prepared import PreparedData
from hibiscus.data.too_little_memory import too_little_memory
from hibiscus.errors import ConfigError, DataError
from hibiscus.training.denormals import flushed_denormals
from hibiscus.training.random_state import preserved_random_state

if TYPE_CHECKING:
    from hibiscus.training.method import Method

__all__ = ["computing"]


@contextlib.contextmanager
def computing(
    run: Path,
    method: Method,
    seed: int,
    work: str,
    data: PreparedData | None = None,
    gradients: bool = False,
) -> Iterator[None]:
    """Disables gradients, seeds the random numbers in the same way each time, and names errors.

    A function that receives outputs of the networks, such as a metric that is given NaN, cannot know where
    they come from; its error is given the path of the run.

    Args:
        run: the folder of the run.
        method: the trained method.
        seed: of the random numbers.
        work: what is computed, as in `to evaluate`.
        data: the data that the networks read; an error that names it is passed on as it is.
        gradients: leave them enabled, for gradients with respect to inputs and maps.

    Raises:
        OutOfMemoryError: the memory is not enough.
    """
    fix = "fewer items at a time, more memory, or a run with smaller images (image_size)"
    known = [str(run), *([str(data.dataset.path)] if data is not None else [])]
    try:
        with (
            too_little_memory(work, method.config, method.preparation, fix),
            preserved_random_state(seed),
            flushed_denormals(),
            torch.inference_mode(not gradients),
        ):
            yield
    except (ConfigError, DataError) as error:
        if any(name in error.received for name in known):
            raise
        raise type(error)(f"{run}: {error.received}", error.expected, error.fix) from error
