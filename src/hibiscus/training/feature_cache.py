"""Features of images or texts, computed once by a network that does not change, and kept in the cache folder.

An entry is found by the content of the items, how they were prepared (the size of images), and the weights,
so that it is used by every run on these items with this network, whatever it learns from the features.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.disk_cache import cache_folder, mark_used, trim_cache
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import RunError
from hibiscus.progress import step
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint
from hibiscus.training.device import choose_precision, precision_context

__all__ = ["cached_features"]

FORMAT = 1  # of entries


def cached_features(
    name: str,
    network: nn.Module,
    compute: Callable[[Tensor], Sequence[Tensor]],
    data: PreparedData,
    precision: str = "auto",
    parts: Sequence[str] = ("train", "val"),
) -> list[np.ndarray]:
    """The features of the images or texts of some parts, from the cache if they are there.

    Computed without gradients.

    Args:
        name: of what is computed, such as `last`; it identifies the features, with the network's weights.
        network: in evaluation mode.
        compute: maps images (batch, channels, height, width), or texts (batch, steps), to one or more
            features (batch, dimension).
        data: the images or texts.
        precision: as the option of that name: by default bfloat16 where the hardware is faster with it.
        parts: those that exist are computed.

    Returns:
        Each of the features, float32 (items of the dataset, dimension), zero for the items of other parts.
    """
    present = [part for part in parts if part in data.parts]
    items = np.concatenate([data.parts[part] for part in present])
    dtype = choose_precision(precision, data.device, {"network": network})
    key = _key(f"{FORMAT} {name} {dtype} {data.device.type} {torch.__version__}", network, data, items)
    path = cache_folder() / "features" / f"{key}.safetensors"
    features = _load(path, len(items))
    if features is None:
        features = _compute(compute, data, present, dtype)
        _save(path, features)
    whole = [np.zeros((len(data.dataset), values.shape[1]), np.float32) for values in features]
    for array, values in zip(whole, features, strict=True):
        array[items] = values
    return whole


def _key(words: str, network: nn.Module, data: PreparedData, items: np.ndarray) -> str:
    """A digest of everything that the features depend on."""
    preparation = json.dumps(data.preparation[_field(data)].to_json(), sort_keys=True)
    digest = hashlib.blake2b(f"{words} {preparation}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(data.dataset.keys[items]).tobytes())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode() + tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _field(data: PreparedData) -> str:
    return "text" if "text" in data.preparation else "image"


def _compute(
    compute: Callable[[Tensor], Sequence[Tensor]],
    data: PreparedData,
    parts: Sequence[str],
    dtype: torch.dtype,
) -> list[np.ndarray]:
    count = sum(len(data.parts[part]) for part in parts)
    field = _field(data)
    named = step(f"computing the features of {field}s, once, then cached", count)
    with named as computing, torch.inference_mode():

        def outputs(batch: Batch) -> list[Tensor]:
            computing.advance(batch.size)
            with precision_context(data.device, dtype):
                return [values.float() for values in compute(batch[field])]

        by_part = [data.collect(part, outputs) for part in parts]
    return [np.concatenate(arrays) for arrays in zip(*by_part, strict=True)]


def _load(path: Path, count: int) -> list[np.ndarray] | None:
    """The features of a file; a damaged file is removed."""
    if not path.is_file():
        return None
    try:
        tensors = load_checkpoint(path)[0]
        features = [tensors[str(number)] for number in range(len(tensors))]
    except (RunError, KeyError):
        features = []
    if not features or any(x.ndim != 2 or len(x) != count or x.dtype != torch.float32 for x in features):
        path.unlink(missing_ok=True)
        return None
    mark_used(path)
    return [values.numpy() for values in features]


def _save(path: Path, features: list[np.ndarray]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {str(number): torch.from_numpy(values) for number, values in enumerate(features)}
        save_checkpoint(path, tensors, {})
        trim_cache()
    except (OSError, RunError):  # no space or no write permission: computed again next time
        return
