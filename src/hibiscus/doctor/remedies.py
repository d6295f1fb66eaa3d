"""What advice depends on: options that help a run, the uncertainty of its result, the type of a baseline."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.errors import ConfigError
from hibiscus.networks.registry import network_options

__all__ = ["against_overfitting", "is_model", "uncertainty"]

# baselines that ignore the input: better than a run, they say that it has learned nothing
WITHOUT_INPUT = ("random", "majority class", "label frequencies", "mean ", "most frequent")
ON_IMAGES = {"crop": "crop=4", "flip": "flip=true"}  # by the option that a method must have
DROPOUT, WEIGHT_DECAY = 0.3, 0.01


def is_model(baseline: str) -> bool:
    """Whether a baseline uses the input, so that it could be used instead of the run."""
    return not baseline.startswith(WITHOUT_INPUT)


def against_overfitting(info: dict[str, Any]) -> list[str]:
    """The options against overfitting that the run has and does not use yet.

    Args:
        info: `run.json`.
    """
    config, fields = info["config"], info["data"].get("fields", {"image": ""})
    if "augment" in config:  # the presets flip only images whose orientation carries no class
        can_augment = "image" in fields and config.get("transfer") != "features"
        options = ["augment=strong"] if can_augment and config["augment"] != "strong" else []
    else:
        options = [text for name, text in ON_IMAGES.items() if name in config and "image" in fields]
        options = [text for text in options if not config[text.split("=")[0]]]
    used = (config.get("net_options") or {}).get("dropout", 0)
    if isinstance(config.get("net"), str) and _has_dropout(config["net"]) and used != DROPOUT:
        options.append(f"net.dropout={DROPOUT}")
    if "weight_decay" in config and (config["weight_decay"] or 0) < WEIGHT_DECAY:
        options.append(f"weight_decay={WEIGHT_DECAY}")
    return options


def _has_dropout(net: str) -> bool:
    try:
        return "dropout" in network_options(net)
    except ConfigError:  # a custom network, or one that no longer exists
        return False


def uncertainty(evaluation: dict[str, Any], items: int) -> str:
    """By how much the result may be off because few items were evaluated; half the 95 % interval.

    Args:
        evaluation: `evaluation.json`.
        items: the number of evaluated items.
    """
    name = evaluation["selection_metric"]["name"]
    value = evaluation["metrics"].get(name)
    if not name.endswith("/accuracy") or value is None or not items:
        return "the result is uncertain"
    # Without an error (or a hit), the rule of three: 3 / n is the end of the interval.
    half = 1.96 * math.sqrt(value * (1 - value) / items) if 0 < value < 1 else 3 / items
    return f"the accuracy may be off by {max(1, round(100 * min(1.0, half)))} points (95 % interval)"
