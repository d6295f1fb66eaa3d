"""Sampling with swept conditions: all values share the same noise, so that only the condition differs."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from hibiscus.errors import UsageError, nearest
from hibiscus.training.method import Method

__all__ = ["draw_samples"]

MOST_SAMPLES = 10**7
MOST_COMBINATIONS = 10**6  # of values of conditions, each of which is a call
INTERPOLATION = "interpolation"  # the arguments of `Method.sample` that are not conditions


def draw_samples(
    method: Method, count: int, seed: int, interpolate: Any, conditions: Mapping[str, Any]
) -> dict[str, Any]:
    """Implements `Run.sample`: rows with equal noise, along which conditions with several values vary.

    The method is called once for each combination of values, each time with the same seed, so that it draws
    the same noise.

    Args:
        method: the trained method.
        count: the number of samples; with several values, rounded down to complete rows, at least one.
        seed: random seed of the noise.
        interpolate: the number of steps from one draw of noise to another, or None.
        conditions: a value, or a list of values, by name.

    Raises:
        UsageError: the method does not sample, has no such condition, an interpolation has fewer than two
            steps, or a number is too large.
    """
    _check_names(method, conditions)
    _check_numbers(count, seed)
    swept = {
        name: list(values)
        for name, values in conditions.items()
        if isinstance(values, list | tuple | range | np.ndarray)
    }
    fixed = {name: value for name, value in conditions.items() if name not in swept}
    empty = next((name for name, values in swept.items() if not values), None)
    if empty is not None:
        raise UsageError(f"{empty}: no value", "one value or more", "leave it out")
    steps = 1 if interpolate is None else _steps(interpolate)
    if math.prod([steps, *map(len, swept.values())]) > MOST_COMBINATIONS:
        names = [*swept] if interpolate is None else [*swept, f"interpolate={interpolate}"]
        raise UsageError(
            f"{', '.join(names)}: too many values",
            f"at most {MOST_COMBINATIONS:,} combinations",
            "fewer steps",
        )
    fractions = [None] if interpolate is None else np.linspace(0, 1, steps).tolist()
    cells = [
        (dict(zip(swept, values, strict=True)), fraction)
        for *values, fraction in itertools.product(*swept.values(), fractions)
    ]
    rows = max(1, count // len(cells))
    columns = []
    for values, fraction in cells:
        torch.manual_seed(seed)
        columns.append(method.sample(rows, interpolation=fraction, **fixed, **values))
    samples = {name: _row_by_row([np.asarray(column[name]) for column in columns]) for name in columns[0]}
    if interpolate is None:
        return samples
    return {**samples, "interpolate": np.tile(np.array([fraction for _, fraction in cells], float), rows)}


def _check_names(method: Method, conditions: Mapping[str, Any]) -> None:
    if "sample" not in method.abilities():
        method.sample(1)  # raises the error
    parameters = list(inspect.signature(method.sample).parameters.values())[1:]
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    known = [
        parameter.name
        for parameter in parameters
        if parameter.name != INTERPOLATION and parameter.kind is not parameter.VAR_KEYWORD
    ]
    for name in conditions:
        if name == INTERPOLATION or (name not in known and not open_ended):
            expected = f"one of: {', '.join([*known, 'interpolate'])}"
            fix = nearest(name, known) if known else "leave it out"
            raise UsageError(f"{method.name} has no condition '{name}'", expected, fix)


def _check_numbers(count: int, seed: int) -> None:
    if count > MOST_SAMPLES:
        raise UsageError(f"count={str(count)[:60]}", f"at most {MOST_SAMPLES:,} samples", "a smaller count")
    if not -(2**63) <= seed < 2**63:
        raise UsageError(f"seed={str(seed)[:60]}", "a whole number below 2^63", "seed=0")


def _steps(interpolate: Any) -> int:
    word = str(interpolate)
    if not word.isdecimal() or int(word) < 2:
        raise UsageError(f"interpolate={word}", "a whole number of steps, 2 or more", "interpolate=9")
    return int(word)


def _row_by_row(columns: list[np.ndarray]) -> np.ndarray:
    """Arrays `(rows, ...)`, one for each column, as a single array `(rows * columns, ...)`."""
    table = np.stack(columns, axis=1)
    return table.reshape(-1, *table.shape[2:])
