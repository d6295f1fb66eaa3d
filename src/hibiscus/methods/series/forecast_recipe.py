"""What `forecast` chooses for the data: the network, the length of its input, and how it is trained.

The choices were made on validation parts (ETTh1 with horizons from 96 to 720, and four series of 36 to 3,650
steps). A series of few steps needs a network without a level of its own, and more passes over it, since each
has only a handful of batches.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from torch import nn

from hibiscus.data.series.calendar_features import calendar_size
from hibiscus.data.series.preparation import SeriesPreparation
from hibiscus.errors import ConfigError
from hibiscus.methods.supervised_defaults import batch_size_for
from hibiscus.networks.forecasting.forecaster import build_forecaster

__all__ = [
    "Quantiles",
    "SeriesBatchSize",
    "SeriesEpochs",
    "SeriesLearningRate",
    "ascending_quantiles",
    "build_network",
    "fill_in",
    "input_length",
]

SEASONS, HORIZONS = 14, 3  # of the default input: two weeks of hours, or for series without a season
WINDOWS = 4  # inputs that the training part has room for
FEW = 1000  # steps of a training part up to which a series is short
ROUNDS = 600  # of a training, in at most `LONGEST` epochs
EPOCHS, LONGEST = 10, 200
LINEAR = ("dlinear", "linear", "nlinear")
Quantiles = tuple[float, ...]
SeriesEpochs = Annotated[
    int | None,
    Field(ge=1, description="passes over the training part; default: 10, or up to 200 for short series"),
]
SeriesBatchSize = Annotated[
    int | None, Field(ge=1, description="windows per batch; default: 128, or fewer for short series")
]
SeriesLearningRate = Annotated[
    float | None,
    Field(gt=0, description="base learning rate; default: 1e-3, 2e-2 for linear networks on short series"),
]


def ascending_quantiles(values: Quantiles) -> Quantiles:
    """The quantiles as given.

    Raises:
        ValueError: not ascending between 0 and 1, or without the median.
    """
    if list(values) != sorted(set(values)) or 0.5 not in values or not 0 < min(values) <= max(values) < 1:
        raise ValueError("ascending numbers between 0 and 1, 0.5 among them, such as 0.1,0.5,0.9")
    return values


def input_length(given: int | None, learned: SeriesPreparation) -> int:
    """The steps before a forecast: by default 14 seasons, or three horizons without a season, and at most a
    quarter of the training part.

    Raises:
        ConfigError: fewer steps than differences need.
    """
    past = learned.transforms.past
    if given is not None and given < past:
        received = f"input_length={given} with differences of {past} steps"
        raise ConfigError(received, f"at least {past}", "a longer input, or fewer differences")
    if given is not None:
        return given
    steps = SEASONS * learned.season if learned.season > 1 else HORIZONS * learned.horizon
    longest = max(1, (learned.training_steps - learned.horizon) // WINDOWS)
    return max(past, min(steps, longest))


def fill_in(config: Any, learned: SeriesPreparation, items: int) -> dict[str, Any]:
    """The options that were left out: `net`, `input_length`, `batch_size`, `learning_rate`, `epochs`
    and `precision`.

    Linear networks compute in float32: bfloat16 has three digits, which a forecast shows, and saves them no
    time.

    Args:
        config: of `forecast`.
        learned: of the series.
        items: steps of the training part.
    """
    net = config.net if config.net != "auto" else "nlinear" if items <= FEW else "dlinear"
    batch_size = config.batch_size or batch_size_for(items)
    linear = net in LINEAR
    high = linear and items <= FEW
    epochs = min(LONGEST, max(EPOCHS, -(-ROUNDS // -(-items // batch_size))))
    return {
        "net": net,
        "input_length": input_length(config.input_length, learned),
        "batch_size": batch_size,
        "learning_rate": config.learning_rate or (2e-2 if high else 1e-3),
        "epochs": config.epochs or epochs,
        "precision": "float32" if linear and config.precision == "auto" else config.precision,
    }


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
