"""Predictions of baselines, kept in memory and in the cache folder, so that runs on the same data fit each
model once.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.images.cache import cache_folder
from hibiscus.data.lazy_rows import Rows, chunks
from hibiscus.temporary_files import replacing

__all__ = ["cached_prediction"]

VERSION = 2  # of the models; a change makes cached predictions stale

_predictions: dict[str, np.ndarray] = {}


def cached_prediction(
    model: str, fit: Callable[..., np.ndarray], *arrays: Rows, **options: int
) -> np.ndarray:
    """`fit(*arrays, **options)`, from the cache if the model was fitted on the same arrays before."""
    key = _key(f"{model} {options}", arrays)
    if key not in _predictions:
        path = cache_folder() / "baselines" / f"{key}.npy"
        _predictions[key] = _load_or_fit(path, lambda: fit(*arrays, **options))
    return _predictions[key]


def _key(model: str, arrays: Sequence[Rows]) -> str:
    """A digest of everything that the predictions depend on."""
    state = hashlib.blake2b(f"{VERSION} {model}".encode(), digest_size=16)
    for array in arrays:
        state.update(f"{array.shape} {array.dtype}".encode() + b"|")
        for _, chunk in chunks(array):
            state.update(np.ascontiguousarray(chunk).data)
    return state.hexdigest()


def _load_or_fit(path: Path, fit: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in a file, or the result of `fit`, which is then written there."""
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # not there, truncated or damaged
        predicted = fit()
    with contextlib.suppress(OSError):  # no space or no write permission: fit again next time
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, flush=False) as file:  # a reader never sees half a file
            np.save(file, predicted, allow_pickle=False)
    return predicted
