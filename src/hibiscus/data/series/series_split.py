r"""The parts of time series: each begins after the one before it ends, at the same time for all series.

    training | gap | validation | gap | test            gap: steps that belong to no part

The inputs of a forecast may reach back into an earlier part, as they are known when it is made; the steps to
forecast all lie in its part. Windows of two parts that share no step at all need `gap` as wide as a window.
"""

from __future__ import annotations

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import PART_NAMES, Dataset
from hibiscus.data.series.time_choice import check_time_choice
from hibiscus.data.series.time_index import TimeIndex, index_of
from hibiscus.errors import ConfigError, DataError
from hibiscus.plurals import plural
from hibiscus.series.backtesting import rolling_origins

__all__ = ["default_horizon", "rolling_parts", "season_of", "split_series"]

WITHOUT_SEASON = 12  # steps to forecast by default
SHORTEST = 12  # of the steps, the fraction that a default horizon is at most


def season_of(index: TimeIndex, season: int | None) -> int:
    """The steps of a season: as given, or the first of the calendar that a series contains three times."""
    if season is not None:
        return season
    longest = int(np.diff(index.bounds).max())
    return next((steps for steps in index.step.seasons() if 1 < steps <= longest // 3), 1)


def default_horizon(index: TimeIndex, season: int) -> int:
    """One season, and at most a twelfth of the longest series."""
    longest = int(np.diff(index.bounds).max())
    return max(1, min(season if season > 1 else WITHOUT_SEASON, longest // SHORTEST))


def split_series(dataset: Dataset, options: DataConfig) -> dict[str, np.ndarray]:
    """The rows of each part; each part has at least as many steps as are forecast.

    Parts that the data came with stay as they are; missing ones are the latest of the training rows.

    Raises:
        ConfigError: another split than by time, or times that are not in order.
        DataError: too few steps.
    """
    if options.split not in ("auto", "time", "order"):
        received = f"split={options.split} for time series"
        raise ConfigError(received, "training before validation before test", "omit split")
    if options.split_at is not None and dataset.parts.keys() & {"val", "test"}:
        raise ConfigError("split_at with a test part of its own", "one of both", "omit split_at")
    check_time_choice(dataset, options)
    index = index_of(dataset, options.group, options.resample)
    rows = dataset.parts.get("train", np.arange(len(dataset)))
    moments = index.times[index.cells].astype(np.int64)  # of each row
    distinct = np.unique(moments[rows])
    if options.split_at is not None:
        starts, names = _positions_of(options.split_at, distinct), ["val", "test"]
    else:
        names = [name for name in ("val", "test") if name not in dataset.parts]
        names = [name for name in names if name == "val" or options.test > 0]
        starts = _latest(dataset.path, len(distinct), names, options, index)
    window = options.train_window
    limits, parts = [*starts, len(distinct)][: len(names) + 1], {**dataset.parts}
    moments = np.searchsorted(distinct, moments[rows])
    for name, start, end in zip(("train", *names), [0, *limits], limits, strict=False):
        if name == "train" and window is not None:
            start = max(0, end - options.gap - window)
        end -= options.gap * (name != names[-1] if names else False)
        parts[name] = np.sort(rows[(moments >= start) & (moments < end)])
        if not len(parts[name]):
            received = f"{dataset.path}: no rows in the {PART_NAMES[name]} part"
            raise DataError(received, "rows in each part", "other times in split_at, or a smaller gap")
    return parts


def rolling_parts(
    dataset: Dataset, options: DataConfig, pool: np.ndarray, folds: int
) -> list[dict[str, np.ndarray]]:
    """The parts of each fold of a cross-validation by rolling origin, in the order of time.

    The validation parts follow one another up to the end; the first begins after half of the steps, if each
    has as many steps as are forecast.

    Args:
        dataset: the data.
        options: of the data; `train_window` is the length of a sliding window, otherwise it expands.
        pool: the rows to divide.
        folds: their number.

    Raises:
        ConfigError: too few steps for so many folds.
    """
    index = index_of(dataset, options.group, options.resample)
    horizon = options.horizon or default_horizon(index, season_of(index, options.season))
    moments = index.times[index.cells].astype(np.int64)[pool]
    distinct, places = np.unique(moments, return_inverse=True)
    length = max(horizon, len(distinct) // (2 * folds))
    found = rolling_origins(len(distinct), folds, length, window=options.train_window, gap=options.gap)
    return [
        {name: np.sort(pool[np.isin(places, steps)]) for name, steps in (("train", before), ("val", after))}
        for before, after in found
    ]


def _latest(path: str, steps: int, names: list[str], options: DataConfig, index: TimeIndex) -> list[int]:
    """Where each part begins, as the position of a time among all different ones."""
    horizon = options.horizon or default_horizon(index, season_of(index, options.season))
    starts, end = [], steps
    for name in reversed(names):
        end -= max(horizon, round(getattr(options, name) * steps))
        starts.append(end)
    if end - options.gap <= horizon:
        received = (
            f"{path}: {plural(steps, 'step')}, {max(0, end)} of them before validation, to forecast {horizon}"
        )
        largest = max(1, (steps - options.gap - 1) // (len(names) + 1))
        fix = f"horizon={max(1, min(horizon - 1, largest))} or less, or more data"
        raise DataError(received, "a training part that is longer than the horizon", fix)
    return starts[::-1]


def _positions_of(split_at: tuple[str, ...], distinct: np.ndarray) -> list[int]:
    """The positions of the times at which validation and test begin, and the test part ends."""
    import pandas as pd

    if len(split_at) not in (2, 3):
        received = f"split_at={','.join(split_at)}"
        raise ConfigError(received, "two or three times", "split_at=2019-01-01,2020-01-01")
    try:
        times = [pd.Timestamp(text) for text in split_at]
        utc = [time if time.tzinfo is None else time.tz_convert(None) for time in times]
        moments = [int(time.as_unit("ns").value) for time in utc]
    except (ValueError, OverflowError) as error:
        received = f"split_at={','.join(split_at)}: {error}"
        raise ConfigError(
            received[:300], "times such as 2019-01-01 or 2019-01-01 12:00", "correct them"
        ) from None
    if sorted(set(moments)) != moments:
        raise ConfigError(f"split_at={','.join(split_at)}", "times in order", "the earliest first")
    return np.searchsorted(distinct, moments).tolist()
