r"""The step of a time series, which knows the calendar: months have 28 to 31 days, business days no weekends.

Times are UTC. A step divides a series into grid positions: 0 is its first time, and a gap leaves positions
without a value.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from hibiscus.errors import DataError
from hibiscus.plurals import plural
from hibiscus.typed_values import Flag, typed_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

__all__ = [
    "ALIASES",
    "DAY",
    "FIXED_UNITS",
    "HOUR",
    "MONTHS",
    "Step",
    "month_length",
    "months_of",
    "round_to_days",
    "show_time",
]

FIXED_UNITS = {  # in nanoseconds
    "nanosecond": 1,
    "microsecond": 10**3,
    "millisecond": 10**6,
    "second": 10**9,
    "minute": 60 * 10**9,
    "hour": 3_600 * 10**9,
    "day": 86_400 * 10**9,
    "week": 7 * 86_400 * 10**9,
}
HOUR, DAY = FIXED_UNITS["hour"], FIXED_UNITS["day"]
MONTHS = {"month": 1, "quarter": 3, "year": 12}  # the months of the units of the calendar
PERIODS = {  # the usual lengths of a season in a unit, the most usual first
    "second": (60, 3_600, 86_400),
    "minute": (1_440, 10_080, 60),
    "hour": (24, 168),
    "day": (7, 365),
    "business-day": (5, 261),
    "week": (52,),
    "month": (12,),
    "quarter": (4,),
}
ALIASES = {  # of pandas
    "nanosecond": "ns", "microsecond": "us", "millisecond": "ms", "second": "s", "minute": "min", "hour": "h",
    "day": "D", "week": "W", "business-day": "B", "month": "MS", "quarter": "QS", "year": "YS",
}  # fmt: skip
USUAL = {  # steps that irregular times are averaged to, and their lengths
    "1s": 10**9, "1min": 60 * 10**9, "15min": 900 * 10**9, "1h": 3_600 * 10**9, "D": DAY, "W": 7 * DAY,
    "MS": 31 * DAY, "QS": 92 * DAY,
}  # fmt: skip
MAX_ODD = 0.2  # of the times that may be irregular for the step to be the usual one
MAX_LISTED = 3  # times of a message
Unit = Annotated[
    str,
    Field(pattern="^(nanosecond|microsecond|millisecond|second|minute|hour|day|week|business-day|month"
                  "|quarter|year|row)$"),
]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """The distance between two neighboring times of a series.

    Args:
        unit: a key of `FIXED_UNITS` or `MONTHS`, `business-day`, or `row` for rows without times, whose
            times count nanoseconds.
        count: how many units.
        day: of a step of months, the day of the month; shorter months end before it, so 31 is their end.
        rounded: whether times are rounded to the nearest day, since they are the midnights of a zone with
            daylight saving time, which UTC shows at two hours.
    """

    unit: Unit
    count: Annotated[int, Field(ge=1, le=10**15)] = 1
    day: Annotated[int, Field(ge=1, le=31)] = 1
    rounded: Flag = False

    def __str__(self) -> str:
        at_end = " (at its end)" if self.unit in MONTHS and self.day == 31 else ""
        return plural(self.count, self.unit.replace("-", " ")) + at_end

    @property
    def nanoseconds(self) -> int | None:
        """The length of a step whose length does not vary, otherwise None."""
        units = FIXED_UNITS.get(self.unit, 1 if self.unit == "row" else None)
        return None if units is None else units * self.count

    def positions(self, times: np.ndarray, ids: np.ndarray | None = None) -> np.ndarray:
        r"""The position of each time on the grid whose position 0 is the earliest of them.

        Args:
            times: in any order.
            ids: a readable name for each time, for messages.

        Shapes: times (n,) datetime64[ns]; returns int64 (n,).

        Raises:
            DataError: there are times between the positions of the grid; the message gives the first ones.
        """
        odd = self.off_grid(times)
        if odd.any():
            first = np.flatnonzero(odd)[:MAX_LISTED]
            names = [""] * len(first) if ids is None else [f"{name}: " for name in ids[first]]
            shown = ", ".join(map(str.__add__, names, map(show_time, times[first])))
            raise DataError(
                f"{plural(int(odd.sum()), 'time')} of {len(times):,} not on a grid of {self}: {shown}",
                f"times that differ by a multiple of {self}",
                f"resample={self._near(times, odd)} takes means on a regular grid; role.COLUMN=ignore of the "
                "column of times counts the rows",
            )
        indices = self._indices(times)
        return indices - indices.min() if len(indices) else indices

    def off_grid(self, times: np.ndarray) -> np.ndarray:
        r"""Whether each time lies between the positions of the grid that most times lie on.

        Shapes: times (n,) datetime64[ns]; returns bool (n,).
        """
        phases = self._phases(times)
        if not len(phases):
            return np.zeros(0, bool)
        values, counts = np.unique(phases, return_counts=True)
        return phases != values[counts.argmax()]

    def times(self, first: np.datetime64, positions: ArrayLike) -> np.ndarray:
        r"""The times at positions of the grid whose position 0 is a given time.

        Shapes: positions (n,), also negative ones; returns datetime64[ns] (n,).
        """
        positions = np.asarray(positions, np.int64)
        start = round_to_days(first) if self.rounded else np.asarray(first, "datetime64[ns]")
        if self.nanoseconds is not None:
            return start + (positions * self.nanoseconds).astype("timedelta64[ns]")
        date = start.astype("datetime64[D]")
        clock = start - date
        if self.unit == "business-day":
            return (
                np.busday_offset(date, positions * self.count, roll="backward").astype("datetime64[ns]")
                + clock
            )
        months = date.astype("datetime64[M]") + positions * (self.count * MONTHS[self.unit])
        days = np.minimum(self.day, month_length(months)) - 1
        return (months.astype("datetime64[D]") + days).astype("datetime64[ns]") + clock

    def following(self, time: np.datetime64, count: int) -> np.ndarray:
        r"""The next times after a time. Shapes: returns datetime64[ns] (count,)."""
        return self.times(time, np.arange(1, count + 1))

    def seasons(self) -> tuple[int, ...]:
        """The usual lengths of a season in steps, the most usual first: 24 and 168 for hours."""
        periods = PERIODS.get(self.unit, ())
        return tuple(
            period // self.count for period in periods if not period % self.count and period // self.count > 1
        )

    def option(self) -> str:
        """The step as the option `resample` takes it: `1h`, `15min`, `MS`, `ME` for the ends of months."""
        alias = ALIASES[self.unit]
        alias = f"{alias[0]}E" if self.unit in MONTHS and self.day == 31 else alias
        return alias if self.count == 1 and alias[0].isupper() else f"{self.count}{alias}"

    def _near(self, times: np.ndarray, odd: np.ndarray) -> str:
        """The step as an option; where most times are irregular, a usual one near the median difference."""
        if odd.mean() <= MAX_ODD:
            return self.option()
        median = np.median(np.diff(np.sort(times)).astype(np.int64))
        return next((name for name, length in USUAL.items() if length >= median), "YS")

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        """The saved step."""
        return typed_value(cls, data)

    def _indices(self, times: np.ndarray) -> np.ndarray:
        """A number for each time that grows by 1 with every step."""
        stamps, length = self._stamps(times), self.nanoseconds
        if length is not None:
            return (stamps.astype(np.int64) - self._phases(times)) // length
        dates = stamps.astype("datetime64[D]")
        if self.unit == "business-day":
            return np.busday_count(np.datetime64("1970-01-01"), dates) // self.count
        return months_of(dates) // (MONTHS[self.unit] * self.count)

    def _phases(self, times: np.ndarray) -> np.ndarray:
        """A number for each time that all times of one grid share."""
        stamps, length = self._stamps(times), self.nanoseconds
        if length is not None:
            return stamps.astype(np.int64) % length
        dates = stamps.astype("datetime64[D]")
        clock = (stamps - dates).astype(np.int64)
        if self.unit == "business-day":
            phase = np.busday_count(np.datetime64("1970-01-01"), dates) % self.count
            off = ~np.is_busday(dates)
        else:
            months = dates.astype("datetime64[M]")
            phase = months_of(dates) % (MONTHS[self.unit] * self.count)
            day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
            off = day != np.minimum(self.day, month_length(months))
        # Below the phases of a grid: a number of its own for every time off the grid.
        return np.where(off, -1 - np.arange(len(times)), phase * DAY + clock)

    def _stamps(self, times: np.ndarray) -> np.ndarray:
        stamps = np.asarray(times, "datetime64[ns]")
        return round_to_days(stamps) if self.rounded else stamps


def round_to_days(times: Any) -> Any:
    """The nearest midnight of times."""
    return (times + np.timedelta64(DAY // 2, "ns")).astype("datetime64[D]").astype("datetime64[ns]")


def months_of(dates: np.ndarray) -> np.ndarray:
    r"""Months since January 1970. Shapes: dates (n,) datetime64; returns int64 (n,)."""
    return dates.astype("datetime64[M]").astype(np.int64)


def month_length(months: np.ndarray) -> np.ndarray:
    r"""The days of months. Shapes: months (n,) datetime64[M]; returns int64 (n,)."""
    days = (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
    return days.astype(np.int64)


def show_time(time: Any) -> str:
    """A time for a message, without the parts of the clock that are 0."""
    return str(np.datetime_as_string(np.asarray(time, "datetime64[ns]"), unit="auto")).replace("T", " ")
