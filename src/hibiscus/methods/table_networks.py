"""The default network of tables: its training, its inputs, and ensembles of it.

Holzmüller et al., "Better by Default", 2024, arXiv 2407.04491, is the source of the values, unless a comment
says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from torch import nn

from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.series_networks import ENSEMBLED
from hibiscus.networks.realmlp import RealMLP

__all__ = [
    "TABLE_NETWORK",
    "lr_factors_of",
    "table_defaults",
    "table_network_options",
    "table_scaling",
]

TABLE_NETWORK = "realmlp"
MEMBERS = 4
BATCH_SIZE = 256
MIN_SELECTION_ITEMS = 9000  # training items, beside which validation has 1,000 by default


def table_scaling(net: str, inputs: Collection[str]) -> str:
    """How numbers of tables are scaled by default for a network, `auto` included, with these input fields."""
    return "robust" if net == TABLE_NETWORK or (net == "auto" and list(inputs) == ["table"]) else "standard"


def table_defaults(config: Any, preparation: Preparation, net: str, items: int | None) -> dict[str, Any]:
    """The options of the training of the default network of tables that were not given.

    Args:
        config: the options as given, of a supervised method.
        preparation: what was learned from the training part.
        net: the chosen network.
        items: the number of items in the training part.

    Raises:
        ConfigError: an ensemble of another network.
    """
    if "text" in preparation or net in ENSEMBLED:
        return {}
    if net != TABLE_NETWORK:
        if config.ensemble not in (None, 1):
            raise ConfigError(
                f"ensemble={config.ensemble} with net={net}",
                f"net={TABLE_NETWORK} or inception-time, whose members are trained side by side",
                f"net={TABLE_NETWORK}, or one run per seed: hibiscus sweep ... seed=0,1,2",
            )
        return {"ensemble": 1}
    batch_size, regression = config.batch_size or BATCH_SIZE, "target" in preparation
    defaults = {
        "schedule": "coslog4",
        "beta2": 0.95,
        "epochs": epochs_of(items or 10_000, batch_size, regression),
        "batch_size": batch_size,
        "ensemble": MEMBERS,
        # On few rows the best epoch is a matter of luck; the schedule ends at a learning rate of 0.
        "selected_epoch": "last" if items is not None and items < MIN_SELECTION_ITEMS else "best",
    }
    if config.optimizer == "auto":
        defaults["learning_rate"] = 0.1 if regression else 0.04
    if getattr(config, "loss", None) == "cross-entropy" and "label" in preparation:
        defaults["label_smoothing"] = 0.1
    given = {name for name in config.model_fields_set if getattr(config, name) is not None}
    return {name: value for name, value in defaults.items() if name not in given}


def epochs_of(items: int, batch_size: int, regression: bool) -> int:
    """The default number of epochs, ours: the steps grow with the square root of the number of items.

    Classes of few items are overfitted sooner than numbers.
    """
    steps = (15 if regression else 5) * math.sqrt(items)
    return max(10, round(max(80, steps) / math.ceil(items / batch_size)))


def table_network_options(config: Any, preparation: Preparation, outputs: int) -> dict[str, Any]:
    """What the default network of tables is built from besides the options of the user."""
    if config.net != TABLE_NETWORK:
        return {}
    layout = preparation["table"].layout if list(preparation.fields)[:1] == ["table"] else None
    averaged = "values" if "target" in preparation else "probabilities" if outputs > 1 else "probability"
    average = "probability" if "labels" in preparation else averaged
    return {"columns": layout, "average": average, "members": config.ensemble or 1}


def lr_factors_of(network: nn.Module) -> dict[nn.Parameter, float] | None:
    """The factors of the learning rate that a network states for its parameters."""
    return network.lr_factors() if isinstance(network, RealMLP) else None
