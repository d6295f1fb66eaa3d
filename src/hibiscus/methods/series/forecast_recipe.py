"""What `forecast` chooses for the data: the length of the input, and the network."""

from __future__ import annotations

from typing import Any

from torch import nn

from hibiscus.data.series.calendar_features import calendar_size
from hibiscus.data.series.preparation import SeriesPreparation
from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting.forecaster import build_forecaster

__all__ = ["Quantiles", "ascending_quantiles", "build_network", "input_length"]

SEASONS = 3  # of the default input
Quantiles = tuple[float, ...]


def ascending_quantiles(values: Quantiles) -> Quantiles:
    """The quantiles as given.

    Raises:
        ValueError: not ascending between 0 and 1, or without the median.
    """
    if list(values) != sorted(set(values)) or 0.5 not in values or not 0 < min(values) <= max(values) < 1:
        raise ValueError("ascending numbers between 0 and 1, 0.5 among them, such as 0.1,0.5,0.9")
    return values


def input_length(given: int | None, learned: SeriesPreparation) -> int:
    """The steps before a forecast: by default three seasons or horizons, at most a third of the series.

    Raises:
        ConfigError: fewer steps than differences need.
    """
    past = learned.transforms.past
    if given is not None and given < past:
        received = f"input_length={given} with differences of {past} steps"
        raise ConfigError(received, f"at least {past}", "a longer input, or fewer differences")
    if given is not None:
        return given
    steps = SEASONS * max(learned.season, learned.horizon)
    longest = max(1, (learned.training_steps - learned.horizon) // 3)
    return max(past, min(steps, longest))


def build_network(config: Any, learned: SeriesPreparation) -> nn.Module:
    """The network of the options for these series.

    Args:
        config: of `forecast`.
        learned: of the series.
    """
    known = learned.known.shape[0] if learned.known is not None else 0
    return build_forecaster(
        config.net,
        config.input_length,
        learned.horizon,
        len(learned.variables),
        len(learned.targets),
        known + config.calendar * calendar_size(learned.step),
        learned.static.shape[0] if learned.static is not None else 0,
        len(config.quantiles) if config.loss == "pinball" else 1,
        config.instance_norm,
        **config.net_options,
    )
