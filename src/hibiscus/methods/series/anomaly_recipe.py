"""What `anomaly` chooses for the data: lengths of windows, and the networks of its members."""

from __future__ import annotations

from typing import Any

from torch import nn

from hibiscus.data.series.anomaly_labels import read_anomaly_windows
from hibiscus.data.series.calendar_features import calendar_size
from hibiscus.data.series.preparation import SeriesPreparation
from hibiscus.errors import ConfigError, UsageError
from hibiscus.networks.decision_threshold import DecisionThreshold
from hibiscus.networks.forecasting.forecaster import build_forecaster
from hibiscus.networks.window_autoencoder import WindowAutoencoder

__all__ = ["UNKNOWN", "build_member", "chosen_options", "known_threshold"]

CYCLES = 3  # seasons that the training part must hold for an input as long as one of them
UNKNOWN = -1.0  # threshold before there are scores of normal operation, which are not negative
HIDDEN = 64  # units of a multi-layer perceptron


def chosen_options(config: Any, learned: SeriesPreparation) -> dict[str, Any]:
    """The options that depend on the data, and the labeled windows in place of their file.

    Args:
        config: of `anomaly`, as given.
        learned: of the series.

    Raises:
        ConfigError: an input that differences do not leave.
        DataError: the file of labeled windows cannot be read.
    """
    past, horizon = learned.transforms.past, learned.horizon
    length = config.input_length or max(past, _longest_season(learned))
    if length < past:
        received = f"input_length={length} with differences of {past} steps"
        raise ConfigError(received, f"at least {past}", "a longer input, or fewer differences")
    options = dict(config.net_options)
    if config.net == "mlp" and config.score == "forecast":
        options = {"hidden": HIDDEN, **options}
    labels = config.anomalies
    return {
        "input_length": length,
        "smoothing": config.smoothing or max(1, horizon // 2),
        "merge": horizon if config.merge is None else config.merge,
        "net_options": options,
        "anomalies": read_anomaly_windows(labels) if isinstance(labels, str) else labels,
    }


def build_member(config: Any, learned: SeriesPreparation) -> nn.Module:
    """One network of the options for these series."""
    targets, steps = len(learned.targets), config.input_length + learned.horizon
    if config.score == "reconstruction":
        return WindowAutoencoder(config.net, steps, targets, config.latent_dim, **config.net_options)
    known = learned.known.shape[0] if learned.known is not None else 0
    return build_forecaster(
        config.net,
        config.input_length,
        learned.horizon,
        len(learned.variables),
        targets,
        known + config.calendar * calendar_size(learned.step),
        learned.static.shape[0] if learned.static is not None else 0,
        **config.net_options,
    )


def known_threshold(threshold: DecisionThreshold) -> float:
    """The threshold of a trained run.

    Raises:
        UsageError: a training without validation ended before its last epoch, as that of a cross-validation.
    """
    value = float(threshold.value)
    if value < 0:
        received = "this run has no threshold: it was trained without a validation part"
        raise UsageError(received, "a run with a validation part", "hibiscus train anomaly ... val=0.03")
    return value


def _longest_season(learned: SeriesPreparation) -> int:
    """The longest season that the training part holds three times, else a third of that part at most."""
    seasons = [learned.season, *learned.step.seasons()]
    usual = [steps for steps in seasons if 1 < steps <= (learned.training_steps - learned.horizon) // CYCLES]
    longest = max(1, (learned.training_steps - learned.horizon) // CYCLES)
    return max(usual) if usual else min(2 * learned.horizon, longest)
