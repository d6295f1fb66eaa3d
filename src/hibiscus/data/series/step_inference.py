r"""The step of series from their times: the most frequent difference that explains the others.

A gap is a whole multiple of the step. Where no difference explains all others, the step is the most frequent
one, and `Step.off_grid` tells which times are irregular.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.data.series.steps import (
    DAY,
    FIXED_UNITS,
    HOUR,
    MONTHS,
    Step,
    month_length,
    months_of,
    round_to_days,
)
from hibiscus.errors import DataError

__all__ = ["infer_step"]

MIN_FREQUENCY = 0.1  # of a difference that is the step though others are more frequent
SHORTEST_MONTH = 28  # days


def infer_step(series: Sequence[np.ndarray]) -> Step:
    r"""The step that the times of all series have in common.

    Args:
        series: the times of each series in ascending order, without duplicates.

    Shapes: series (n,) datetime64[ns] each.

    Raises:
        DataError: no series has two times.
    """
    stamps = [np.asarray(times, "datetime64[ns]") for times in series if len(times) > 1]
    if not stamps:
        raise DataError(
            "one time per series, which has no step",
            "at least two times in a series",
            "add rows, or check that group= names the column whose values distinguish the series",
        )
    rounded = _daylight_saving(stamps)
    if rounded:
        stamps = [round_to_days(times) for times in stamps]
    step = _calendar(stamps) or _fixed(stamps)
    return Step(step.unit, step.count, step.day, rounded)


def _daylight_saving(series: Sequence[np.ndarray]) -> bool:
    """Whether the times are midnights of a zone with daylight saving time: at two hours of UTC."""
    clocks = np.unique(np.concatenate([times.astype(np.int64) % DAY for times in series]))
    if len(clocks) != 2 or min(np.diff(times).astype(np.int64).min() for times in series) < DAY - HOUR:
        return False
    return int(clocks[1] - clocks[0]) in (HOUR, DAY - HOUR)


def _calendar(series: Sequence[np.ndarray]) -> Step | None:
    """A step of months or business days, None if the times are at other dates."""
    times = np.concatenate(series)
    dates = times.astype("datetime64[D]")
    shortest = min(int(np.diff(each).astype(np.int64).min()) for each in series)
    if shortest < DAY or len(np.unique(times - dates)) > 1:
        return None
    if shortest < SHORTEST_MONTH * DAY:
        return _business_days(series)
    months = dates.astype("datetime64[M]")
    days = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    length = month_length(months)
    day = 31 if (days == length).all() else int(days.max())
    if (days != np.minimum(day, length)).any():
        return None
    count = _dividing(np.concatenate([np.diff(months_of(each)) for each in series]))
    if count is None:
        return None
    unit = next(unit for unit in ("year", "quarter", "month") if count % MONTHS[unit] == 0)
    return Step(unit, count // MONTHS[unit], day)


def _business_days(series: Sequence[np.ndarray]) -> Step | None:
    """Business days, if there are days next to each other and weekends, but no time on a weekend."""
    dates = [times.astype("datetime64[D]") for times in series]
    if not all(np.is_busday(each).all() for each in dates):
        return None
    count = _dividing(np.concatenate([np.busday_count(each[:-1], each[1:]) for each in dates]))
    weekends = any(
        (np.diff(each).astype(np.int64) != np.busday_count(each[:-1], each[1:])).any() for each in dates
    )
    return Step("business-day") if count == 1 and weekends else None


def _fixed(series: Sequence[np.ndarray]) -> Step:
    """A step of constant length."""
    differences = np.concatenate([np.diff(times).astype(np.int64) for times in series])
    length = _dividing(differences)
    if length is None:
        values, counts = np.unique(differences, return_counts=True)
        length = int(values[counts.argmax()])
    unit = next(unit for unit in reversed(FIXED_UNITS) if length % FIXED_UNITS[unit] == 0)
    return Step(unit, length // FIXED_UNITS[unit])


def _dividing(differences: np.ndarray) -> int | None:
    """The most frequent difference that divides all others, None if there is none that is frequent."""
    values, counts = np.unique(differences, return_counts=True)
    for index in np.argsort(-counts, kind="stable"):
        value = int(values[index])
        if counts[index] >= MIN_FREQUENCY * len(differences) and value > 0 and not (values % value).any():
            return value
    return None
