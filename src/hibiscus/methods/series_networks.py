"""How supervised methods learn from series: the default network, its training, and features of ROCKET."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.memory_limit import check_memory
from hibiscus.data.prepared import PreparedData
from hibiscus.networks.rocket import Rocket
from hibiscus.progress import step

__all__ = ["ENSEMBLED", "random_features", "series_defaults", "series_network"]

ROCKET, INCEPTION = "rocket", "inception-time"
ENSEMBLED = (INCEPTION,)  # networks of series of which `ensemble` trains several
MAX_ITEMS = 3000  # training series up to which ROCKET is the default; its features take 80 KB each
ROCKET_EPOCHS, ROCKET_BATCH = 30, 8
STEPS = 1000  # of the training of InceptionTime, by default
MIN_EPOCHS, MAX_EPOCHS = 20, 300
FEW = 9000  # training items below which the best epoch is a matter of luck: the last one is used
BYTES = 16  # of memory for each feature: float32, and float64 while they are scaled


def series_network(items: int | None) -> str:
    """The network chosen by `net=auto` for series, by the number of those in the training part."""
    return ROCKET if items is None or items <= MAX_ITEMS else INCEPTION


def series_defaults(config: Any, net: str, items: int | None, batch_size: int) -> dict[str, Any]:
    """The options of the training on series that were not given; none for other networks.

    Args:
        config: the options as given, of a supervised method.
        net: the chosen network.
        items: the number of items in the training part.
        batch_size: of the training.
    """
    if net not in (ROCKET, INCEPTION):
        return {}
    batches = math.ceil((items or 1000) / batch_size)
    epochs = ROCKET_EPOCHS if net == ROCKET else min(MAX_EPOCHS, max(MIN_EPOCHS, round(STEPS / batches)))
    defaults: dict[str, Any] = {"epochs": epochs, "ensemble": 1}
    defaults["selected_epoch"] = "last" if items is not None and items < FEW else "best"
    given = {name for name in config.model_fields_set if getattr(config, name) is not None}
    return {name: value for name, value in defaults.items() if name not in given}


def random_features(network: Rocket, data: PreparedData) -> np.ndarray:
    """The features of the training and validation parts, by which the head is scaled.

    Shapes: returns float32 (items of the dataset, features), zero for the items of other parts.

    Raises:
        DataError: they would take more memory than is free.
    """
    parts = [part for part in ("train", "val") if part in data.parts]
    count, width = sum(len(data.parts[part]) for part in parts), 2 * len(network.random.bias)
    check_memory(f"{data.dataset.path}: {width:,} features of net=rocket", count * width, factor=BYTES)
    network.random.fit(data.tensors["array"][data.parts["train"]].to(data.device))
    features = np.zeros((len(data.dataset), width), np.float32)
    with step("computing the features of series", count) as progress, torch.inference_mode():

        def compute(batch: Batch) -> list[torch.Tensor]:
            progress.advance(batch.size)
            return [network.random(batch["array"])]

        for part in parts:
            (features[data.parts[part]],) = data.collect(part, compute)
    network.head.fit(torch.from_numpy(features[data.parts["train"]]))
    return features
