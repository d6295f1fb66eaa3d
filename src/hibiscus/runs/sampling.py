"""Samples over sweeps: the same noise again for each value that a condition is to have, so that only what it does differs."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from hibiscus.errors import UsageError, nearest
from hibiscus.methods.sampling import noise_between
from hibiscus.training.method import Method

__all__ = ["draw_samples"]


def draw_samples(method: Method, count: int, seed: int, interpolate: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
    """What `Run.sample` returns: rows that hold the same noise, along which the conditions that have several values run.

    The method is asked once for each combination of values, from the same seed each time, so it draws the same noise.

    Args:
        method: the trained one.
        count: items in all; with several values as many whole rows as that holds, at least one.
        seed: of the noise.
        interpolate: steps of a walk between two draws of noise, or None.
        conditions: a value, or a list of values, by name.

    Raises:
        UsageError: the method does not sample, knows no such condition, or a walk has fewer than two steps.
    """
    _check_names(method, conditions)
    swept = {name: list(values) for name, values in conditions.items() if isinstance(values, list | tuple | range | np.ndarray)}
    fixed = {name: value for name, value in conditions.items() if name not in swept}
    empty = next((name for name, values in swept.items() if not values), None)
    if empty is not None:
        raise UsageError(f"{empty}: no value", "one value or more", "leave it out")
    ways = [None] if interpolate is None else np.linspace(0, 1, _steps(interpolate)).tolist()
    cells = [(dict(zip(swept, values, strict=True)), way) for *values, way in itertools.product(*swept.values(), ways)]
    rows = max(1, count // len(cells))
    found = []
    for chosen, way in cells:
        torch.manual_seed(seed)
        with noise_between(way):
            found.append(method.sample(rows, **fixed, **chosen))
    merged = {name: _row_by_row([np.asarray(one[name]) for one in found]) for name in found[0]}
    return merged if interpolate is None else {**merged, "interpolate": np.tile(np.array([way for _, way in cells], float), rows)}


def _check_names(method: Method, conditions: Mapping[str, Any]) -> None:
    given = list(inspect.signature(method.sample).parameters.values())[1:]
    if "sample" not in method.abilities() or any(parameter.kind is parameter.VAR_KEYWORD for parameter in given):
        return  # the method itself tells which there are
    known = [parameter.name for parameter in given]
    for name in conditions:
        if name not in known:
            expected = f"one of: {', '.join([*known, 'interpolate'])}"
            raise UsageError(f"{method.name} has no condition '{name}'", expected, nearest(name, known) if known else "leave it out")


def _steps(interpolate: Any) -> int:
    word = str(interpolate)
    if not word.isdecimal() or int(word) < 2:
        raise UsageError(f"interpolate={word}", "a whole number of steps, 2 or more", "interpolate=9")
    return int(word)


def _row_by_row(columns: list[np.ndarray]) -> np.ndarray:
    """Arrays `(rows, ...)`, one for each column, as one `(rows * columns, ...)`."""
    table = np.stack(columns, axis=1)
    return table.reshape(-1, *table.shape[2:])
