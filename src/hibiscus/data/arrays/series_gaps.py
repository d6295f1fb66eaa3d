"""Missing values of series, and series of different lengths: a series ends with its last value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.errors import DataError

__all__ = [
    "complete_series",
    "end_at_lengths",
    "is_padded",
    "joined_series",
    "padded_to",
    "series_lengths",
]


def series_lengths(values: np.ndarray) -> np.ndarray:
    """The number of steps up to the last one with a value.

    Shapes: (items, steps, features), NaN where there is no value, to int64 (items,).
    """
    present = ~np.isnan(values).all(2)
    return (present * np.arange(1, values.shape[1] + 1)).max(1, initial=0)


def is_padded(values: np.ndarray) -> bool:
    """Whether some of the series `(items, steps, features)` end before the last step."""
    return values.ndim == 3 and bool(np.isnan(values[:, -1]).any())


def end_at_lengths(values: np.ndarray, lengths: np.ndarray, path: str) -> np.ndarray:
    """The series with NaN after their end.

    Args:
        values: (items, steps, features).
        lengths: the number of steps of each series, (items,).
        path: for messages.

    Raises:
        DataError: lengths that do not fit the series.
    """
    count = np.asarray(lengths).reshape(-1)
    fits = count.dtype.kind in "ui" and len(count) == len(values) and values.ndim == 3
    if not fits or count.min(initial=1) < 1 or count.max(initial=1) > values.shape[1]:
        received = f"{path}: lengths {count.dtype} {np.asarray(lengths).shape} of an array {values.shape}"
        if fits:
            received += f", from {count.min()} to {count.max()}"
        expected = "a whole number for each item of (items, steps, features), from 1 to the number of steps"
        raise DataError(received, expected, "correct the lengths, or save the array without them")
    after = np.arange(values.shape[1]) >= count[:, None]
    return np.where(after[:, :, None], np.float32(np.nan), values.astype(np.float32))


def complete_series(parts: Sequence[np.ndarray], path: str) -> tuple[list[np.ndarray], list[str]]:
    """The series with the values that are missing before their end, by linear interpolation between those
    around them; before the first value of a variable its first, after its last value its last.

    Args:
        parts: float32 (items, steps, features) of each part, NaN where a value is missing.
        path: for messages.

    Returns:
        The series, with NaN after their end only, and notes.

    Raises:
        DataError: a series without any value of a variable.
    """
    if not any(np.isnan(values).any() for values in parts):
        return list(parts), []
    missing, lengths = 0, np.concatenate([series_lengths(values) for values in parts])
    completed = [values.copy() for values in parts]
    for values in completed:
        for item, length in enumerate(series_lengths(values)):
            gaps = np.isnan(values[item, :length])
            missing += int(gaps.sum())
            for variable in np.flatnonzero(gaps.any(0) | (length == 0)).tolist():
                _interpolate(values[item, :length, variable], f"{path}: series {item + 1}", variable)
    notes = []
    if missing:
        notes.append(f"{missing:,} missing values were interpolated within their series")
    if lengths.min() < lengths.max() or lengths.max() < parts[0].shape[1]:
        notes.append(
            f"series of {lengths.min()} to {lengths.max()} steps, which end with their last value; what "
            "follows counts for no network"
        )
    return completed, notes


def _interpolate(values: np.ndarray, name: str, variable: int) -> None:
    """Fills the gaps of one variable of a series `(steps,)` in place."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        received = f"{name} has no value of variable {variable + 1}"
        raise DataError(received, "at least one value of each variable", "remove the series")
    values[:] = np.interp(np.arange(len(values)), known, values[known])


def joined_series(parts: Sequence[np.ndarray]) -> np.ndarray | None:
    """The series of several files as one array, if one of them has series of different lengths.

    Shapes: (items, steps, features) each; the longest decides the number of steps.
    """
    alike = all(values.ndim == 3 and values.shape[2] == parts[0].shape[2] for values in parts)
    if not alike or not any(is_padded(values) for values in parts):
        return None
    steps = max(values.shape[1] for values in parts)
    return np.concatenate([padded_to(values, steps) for values in parts])


def padded_to(values: np.ndarray, steps: int) -> np.ndarray:
    """Series `(items, steps, features)` with NaN at their end up to a number of steps."""
    missing = ((0, 0), (0, max(0, steps - values.shape[1])), (0, 0))
    return np.pad(values, missing, constant_values=np.nan)
