r"""How one column of a table is read: its role, how its numbers or times are written, and missing values.

A reading is decided once, on the training part, saved with the run, and applied to the text of every other
file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from hibiscus.data.tables.columns import as_texts, coded_texts
from hibiscus.data.tables.missing import LOOSE_MISSING, MISSING
from hibiscus.data.tables.numbers import NumberFormat
from hibiscus.data.tables.time_patterns import MAX_LENGTH
from hibiscus.data.tables.times import EPOCH, TimeFormat
from hibiscus.errors import DataError
from hibiscus.typed_values import Flag, typed_value

if TYPE_CHECKING:
    from pandas import Series

__all__ = ["ColumnReading", "check_unread", "distinct_texts"]

INVISIBLE = "\u200b\u200e\u200f\ufeff"  # marks at the ends of fields that web pages and spreadsheets leave
MAX_UNREAD_FRACTION = 0.05  # of the values of a later file that may be no numbers, and count as missing
MICROSECONDS_PER_DAY = 86_400_000_000
WHOLE = re.compile(r"[-+]?[0-9]{1,15}")
LARGEST_WHOLE = 2.0**63


@dataclass(frozen=True)
class ColumnReading:
    """How a column is read.

    Args:
        role: one of `ROLES`.
        decimal: the decimal sign.
        unit: the unit of every number.
        magnitudes: whether `k`, `M` and `B` multiply a number.
        order: of day, month and year where they are numbers: `dmy`, `mdy` or `ymd`.
        count: what a number counts that is a time: `days`, `seconds`, `milliseconds`, `years`.
        time_format: of times, as `strptime` takes it; empty for the forms that need none.
        missing: the words that stand for a missing value.
    """

    role: str
    decimal: Annotated[str, Field(pattern="^[.,]$")] = "."
    unit: str = ""
    magnitudes: Flag = False
    order: Annotated[str, Field(pattern="^(dmy|mdy|ymd)$")] = "mdy"
    count: Annotated[str, Field(pattern="^(|days|seconds|milliseconds|years)$")] = ""
    time_format: Annotated[str, Field(max_length=MAX_LENGTH)] = ""
    missing: tuple[str, ...] = tuple(sorted(MISSING))

    @classmethod
    def plain(cls, role: str) -> ColumnReading:
        """The reading of values that are typed already, or written as Python writes them."""
        words = LOOSE_MISSING if role in ("number", "time") else MISSING
        return cls(role, missing=tuple(sorted(words)))

    def numbers(self, values: Any) -> tuple[np.ndarray, Counter[str]]:
        r"""Values as float64, NaN where missing, and the texts that are no numbers, with their counts.

        Shapes: values (items,); returns float64 (items,).
        """
        kind = getattr(getattr(values, "dtype", None), "kind", "O")
        if kind in "biuf":
            numbers = (
                values.to_numpy(dtype=np.float64, na_value=np.nan)
                if hasattr(values, "to_numpy")
                else np.asarray(values, np.float64)
            )
            return np.where(np.isfinite(numbers), numbers, np.nan), Counter()
        style = NumberFormat(self.decimal, self.unit, self.magnitudes)
        bare = self.decimal == "." and not self.unit and not self.magnitudes
        plain = _read_plain(values, self.missing) if bare else None
        return self._each(values, style.read) if plain is None else plain

    def days(self, values: Any) -> tuple[np.ndarray, Counter[str]]:
        r"""Times as days since 1970 (UTC), NaN where missing, and the texts that are no times.

        Shapes: values (items,); returns float64 (items,).
        """
        kind = getattr(getattr(values, "dtype", None), "kind", "O")
        if kind == "M":
            import pandas as pd

            times = pd.to_datetime(pd.Series(values), utc=True, errors="coerce")
            start = pd.Timestamp(0, tz="UTC")
            try:
                since = times - start
            except pd.errors.OutOfBoundsDatetime:  # nanoseconds reach from 1677 to 2262
                since = times.dt.as_unit("us") - start.as_unit("us")
            return (since / pd.Timedelta(days=1)).to_numpy(np.float64), Counter()
        style = TimeFormat(self.order, self.count, self.time_format)

        def read(text: str) -> float | None:
            time = style.read(text)
            return None if time is None else (time - EPOCH).total_seconds() / 86_400

        return self._each(values, read)

    def texts(self, values: Any) -> np.ndarray:
        r"""Values as stripped strings, None where they are missing. Shapes: (items,)."""
        uniques, codes = distinct_texts(values)
        table = np.empty(len(uniques) + 1, dtype=object)
        missing = frozenset(self.missing)
        table[:-1] = [None if text in missing else text for text in uniques]
        return table[codes]

    def typed(self, values: Series) -> tuple[Series, Counter[str]]:
        """A column of text with values of its type: numbers, times or strings; and what could not be read."""
        import pandas as pd

        if self.role == "number":
            numbers, odd = self.numbers(values)
            if not np.isnan(numbers).any() and _all_whole(values, numbers):
                return pd.Series(numbers.astype(np.int64), index=values.index, name=values.name), odd
            return pd.Series(numbers, index=values.index, name=values.name), odd
        if self.role == "time" and values.dtype.kind != "M":
            days, odd = self.days(values)
            micro = np.round(np.nan_to_num(days) * MICROSECONDS_PER_DAY).astype("datetime64[us]")
            micro[np.isnan(days)] = np.datetime64("NaT")
            return pd.Series(micro, index=values.index, name=values.name), odd
        if values.dtype.kind in "biufM" or isinstance(values.dtype, pd.CategoricalDtype):
            return values, Counter()
        return pd.Series(self.texts(values), index=values.index, name=values.name, dtype="str"), Counter()

    def _each(self, values: Any, read: Any) -> tuple[np.ndarray, Counter[str]]:
        """Reads each distinct text once."""
        uniques, codes = distinct_texts(values)
        numbers = np.full(len(uniques) + 1, np.nan)
        unread, missing = [], frozenset(self.missing)
        for index, text in enumerate(uniques):
            if text in missing:
                continue
            number = read(text)
            if number is None:
                unread.append(index)
            elif np.isfinite(number):
                numbers[index] = number
        counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
        return numbers[codes], Counter({uniques[index]: int(counts[index]) for index in unread})

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "missing": list(self.missing)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnReading:
        """The saved reading."""
        return typed_value(cls, data)


def check_unread(
    name: str, values: Any, reading: ColumnReading, unread: Mapping[str, int], known: int
) -> None:
    """Accepts a few texts that are no numbers (or times), which then count as missing.

    Args:
        name: of the column.
        values: its values.
        reading: how they were read.
        unread: the texts that could not be read, with their counts.
        known: how many values could be.

    Raises:
        DataError: there are too many; the message gives the first one and its row.
    """
    count = sum(unread.values())
    if count <= MAX_UNREAD_FRACTION * (known + count):
        return
    row, text = next((i, text) for i, text in enumerate(as_texts(values), 1) if text in unread)
    expected = f"a {reading.role}, as in the training data, or an empty field"
    fix = f"correct the value, leave the field empty, or train with role.{name}=category"
    raise DataError(f"row {row}: column '{name}' contains '{text[:60]}'", expected, fix)


def distinct_texts(values: Any) -> tuple[list[str], np.ndarray]:
    """The distinct stripped texts of a column, and for each row the index of its text, -1 if it is blank."""
    import pandas as pd

    texts, codes = coded_texts(values)
    if "".join(texts).isascii():  # without invisible marks
        return texts, codes
    stripped = [text.strip(INVISIBLE).strip() for text in texts]
    if all(stripped) and (stripped == texts or len(set(stripped)) == len(stripped)):
        return stripped, codes
    again, distinct = pd.factorize(np.array([text or None for text in stripped], dtype=object))
    return distinct.tolist(), np.append(again, -1)[codes]


def _read_plain(values: Any, missing: Sequence[str]) -> tuple[np.ndarray, Counter[str]] | None:
    """Numbers that Python reads as they are, which is fast; None if there are others, or missing words."""
    uniques, codes = distinct_texts(values)
    joined = "".join(uniques)
    if not joined.isascii() or "_" in joined or not frozenset(missing).isdisjoint(uniques):
        return None
    try:
        numbers = np.append(np.array(uniques, dtype=object).astype(np.float64), np.nan)
    except ValueError:
        return None
    return np.where(np.isfinite(numbers), numbers, np.nan)[codes], Counter()


def _all_whole(values: Any, numbers: np.ndarray) -> bool:
    """Whether all numbers are written as whole ones, and fit into 64 bits."""
    kind = getattr(values.dtype, "kind", "O")
    if (np.abs(numbers) >= LARGEST_WHOLE).any():
        return False
    if kind != "O" or (numbers % 1).any():
        return kind in "iu"
    return all(map(WHOLE.fullmatch, distinct_texts(values)[0]))
