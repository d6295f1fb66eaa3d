"""The position of each time in the day, the week and the year, as features of networks."""

from __future__ import annotations

import numpy as np

from hibiscus.data.series.steps import Step

__all__ = ["calendar_features", "calendar_size"]

HOUR, DAY, WEEK, YEAR = 1 / 24, 1.0, 7.0, 365.2425  # in days
CYCLES = {  # of each unit of steps: the periods that it divides
    "second": (HOUR, DAY, WEEK), "minute": (HOUR, DAY, WEEK), "hour": (DAY, WEEK, YEAR),
    "day": (WEEK, YEAR), "business-day": (WEEK, YEAR), "week": (YEAR,), "month": (YEAR,), "quarter": (YEAR,),
}  # fmt: skip
MONDAY = 4  # days from the first of January 1970, a Thursday, to a Monday


def calendar_size(step: Step) -> int:
    """The number of features for series with this step."""
    return 2 * len(CYCLES.get(step.unit, ()))


def calendar_features(times: np.ndarray, step: Step) -> np.ndarray:
    r"""The sine and the cosine of the phase of each time in the cycles that are longer than a step.

        sin(2 pi t / P), cos(2 pi t / P)      P: a day, a week, a year

    Shapes: times (n,) datetime64[ns]; returns float32 (n, 2 * cycles), no features without times.
    """
    cycles = CYCLES.get(step.unit, ())
    days = (times - np.datetime64("1970-01-01", "ns")) / np.timedelta64(1, "D") - MONDAY
    waves = [wave(2 * np.pi * days / period) for period in cycles for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=1).astype(np.float32) if waves else np.zeros((len(times), 0), np.float32)
