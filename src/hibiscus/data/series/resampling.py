r"""Values on a regular grid: the mean (or sum) of those within each step; steps without values stay missing.

Steps begin at whole hours, midnights (UTC), Mondays and first days of months, whatever the first time of a
series is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from hibiscus.data.series.steps import ALIASES, DAY, FIXED_UNITS, MONTHS, Step, months_of
from hibiscus.errors import ConfigError, nearest

__all__ = ["Resampling", "aggregate", "parse_resampling", "step_indices"]

AGGREGATES = ("mean", "sum")
WRITTEN = re.compile(r"(?P<count>[0-9]{1,6})?[ _-]?(?P<unit>[A-Za-z]+(?:[- ]day)?)(?:,(?P<aggregate>\w+))?")
UNITS = {alias: (unit, 1) for unit, alias in ALIASES.items()} | {
    "ME": ("month", 31), "QE": ("quarter", 31), "YE": ("year", 31), "Q": ("quarter", 1), "Y": ("year", 1),
    "H": ("hour", 1), "S": ("second", 1), "d": ("day", 1), "w": ("week", 1), "sec": ("second", 1),
}  # fmt: skip
MONDAY = 4 * DAY  # 1970-01-05


@dataclass(frozen=True)
class Resampling:
    """The step of a regular grid, and how the values within a step become one.

    Args:
        step: the distance of the grid.
        aggregate: `mean` or `sum`.
    """

    step: Step
    aggregate: str = "mean"

    def apply(self, times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r"""The times of the grid and its values, NaN where there are none.

        Args:
            times: of one series, in any order.
            values: NaN where they are missing.

        Shapes: times datetime64[ns] (rows,), values (rows, variables); returns datetime64[ns] (steps,) and
        float64 (steps, variables).
        """
        if not len(times):
            return times, values
        indices = step_indices(times, self.step)
        first = int(indices.min())
        count = int(indices.max()) - first + 1
        grid = step_starts(np.arange(first, first + count), self.step)
        return grid, aggregate(values, indices - first, count, self.aggregate)


def parse_resampling(text: str) -> Resampling:
    """Reads the option `resample`: `1h`, `15min`, `D`, `2 weeks`, `MS`; `D,sum` adds the values of a day.

    Raises:
        ConfigError: it is no step, or could be two.
    """
    match = WRITTEN.fullmatch(text.strip())
    expected = "a step, such as 15min, 1h, D, W, MS (months) or YS (years), and optionally ,sum"
    if match is None:
        raise ConfigError(f"resample={text}", expected, "resample=1h")
    word = match["unit"]
    if word in ("M", "m"):
        raise ConfigError(
            f"resample={text} can be months or minutes", expected, "resample=MS for months, 1min for minutes"
        )
    name = word.lower().replace(" ", "-").removesuffix("s") if len(word) > 2 else ""
    unit, day = (name, 1) if name in ALIASES else UNITS.get(word, ("", 1))
    if not unit:
        raise ConfigError(f"resample={text}", expected, nearest(word, [*UNITS, *ALIASES]))
    chosen = match["aggregate"] or "mean"
    if chosen not in AGGREGATES:
        raise ConfigError(f"resample={text}", "mean or sum after the comma", nearest(chosen, AGGREGATES))
    count = int(match["count"] or 1)
    if not count:
        raise ConfigError(f"resample={text}", expected, f"resample=1{word}")
    return Resampling(Step(unit, count, day), chosen)


def step_indices(times: np.ndarray, step: Step) -> np.ndarray:
    r"""The number of the step that each time lies in; it grows by 1 with every step.

    Shapes: times datetime64[ns] (rows,); returns int64 (rows,).
    """
    stamps = np.asarray(times, "datetime64[ns]")
    if step.unit in FIXED_UNITS:
        offset = MONDAY if step.unit == "week" else 0
        return (stamps.astype(np.int64) - offset) // int(step.nanoseconds or 1)
    dates = stamps.astype("datetime64[D]")
    if step.unit in MONTHS:
        return months_of(dates) // (MONTHS[step.unit] * step.count)
    days = np.busday_offset(dates, 0, roll="backward")
    return np.busday_count(np.datetime64("1970-01-01"), days) // step.count


def step_starts(indices: np.ndarray, step: Step) -> np.ndarray:
    r"""The times of steps, the inverse of `step_indices`: their beginnings, or their last days (`day=31`).

    Shapes: indices int64 (steps,); returns datetime64[ns] (steps,).
    """
    if step.unit in FIXED_UNITS:
        offset = MONDAY if step.unit == "week" else 0
        return (indices * int(step.nanoseconds or 1) + offset).astype("datetime64[ns]")
    if step.unit in MONTHS:
        months = (indices * MONTHS[step.unit] * step.count).astype("datetime64[M]")
        if step.day != 31:
            return months.astype("datetime64[ns]")
        last = months + MONTHS[step.unit] * step.count
        return (last.astype("datetime64[D]") - 1).astype("datetime64[ns]")
    return np.busday_offset(np.datetime64("1970-01-01"), indices * step.count).astype("datetime64[ns]")


def aggregate(values: np.ndarray, cells: np.ndarray, count: int, how: str) -> np.ndarray:
    r"""The mean of the observed values of each cell, or their sum, which a missing value makes missing.

    Args:
        values: NaN where they are missing.
        cells: of each row.
        count: of cells.
        how: `mean` or `sum`.

    Shapes: values (rows, variables), cells int64 (rows,); returns float64 (count, variables).
    """
    result = np.full((count, values.shape[1]), np.nan)
    rows = np.bincount(cells, minlength=count)
    for variable, column in enumerate(np.asarray(values, np.float64).T):
        observed = np.isfinite(column)
        counts = np.bincount(cells[observed], minlength=count)
        sums = np.bincount(cells[observed], weights=column[observed], minlength=count)
        if how == "sum":
            result[:, variable] = np.where((counts == rows) & (rows > 0), sums, np.nan)
        else:
            result[counts > 0, variable] = sums[counts > 0] / counts[counts > 0]
    return result
