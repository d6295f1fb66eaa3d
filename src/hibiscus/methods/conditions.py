"""Parses the conditions of generative models that users write: classes and values of latent components."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hibiscus.errors import UsageError, nearest

__all__ = ["class_conditions", "class_number", "latent_conditions", "parse_number"]


def class_number(label: str | float, classes: Sequence[str]) -> int:
    """The number of a class, given its name or, if no class has that name, its number.

    Raises:
        UsageError: there is no such class.
    """
    word = str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
    if word in classes:
        return classes.index(word)
    if word.isdecimal() and int(word) < len(classes):
        return int(word)
    expected = f"a class, or its number from 0 to {len(classes) - 1}"
    raise UsageError(f"label={word}: there is no such class", expected, nearest(word, classes))


def class_conditions(label: str | float | None, count: int, classes: Sequence[str]) -> np.ndarray:
    """The class number of each of `count` samples: `label` for all, or each class in turn if it is None.

    Raises:
        UsageError: there is no such class.
    """
    return np.arange(count) % len(classes) if label is None else np.full(count, class_number(label, classes))


def parse_number(name: str, value: Any) -> float:
    """The value of a condition as a number; text is converted.

    Raises:
        UsageError: it is not a finite number.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(
            f"{name}={value}", "a number, or a sweep first:last:steps", f"{name}=1.5, or {name}=-2:2:9"
        )
    return number


def latent_conditions(values: Mapping[str, Any], latent_dim: int, *others: str) -> dict[str, float]:
    """The fixed values of latent components by name (`code1`, `code2` ...), as numbers.

    Args:
        values: by name; text is converted to numbers.
        latent_dim: the number of components.
        *others: the method's other conditions, listed in the error message.

    Raises:
        UsageError: there is no such component, or its value is not a number.
    """
    names = [f"code{component}" for component in range(1, latent_dim + 1)]
    for name in values:
        if name not in names:
            known = ", ".join(
                [*others, names[0] if latent_dim == 1 else f"code1 to code{latent_dim}", "interpolate"]
            )
            raise UsageError(f"there is no condition '{name}'", f"one of: {known}", "code1=1.5")
    return {name: parse_number(name, value) for name, value in values.items()}
