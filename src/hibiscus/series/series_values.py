"""Checks of the arrays that the functions for series take, and the packages of the extra `series`."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.series.checked_arrays import to_vector

__all__ = ["call_quietly", "from_extra", "one_variable"]


def one_variable(values: Any, minimum: int = 2) -> np.ndarray:
    """The values of one variable as float64.

    Args:
        values: numbers, without missing ones.
        minimum: the number of steps that are needed.

    Shapes: values (steps,) or (steps, 1); returns float64 (steps,).

    Raises:
        DataError: several variables, too few steps, or a value that is not finite.
    """
    array = to_vector(values)
    if len(array) < minimum:
        received, expected = f"a series of {len(array)} steps", f"at least {minimum} steps"
        raise DataError(received, expected, "pass a longer series")
    return array


def from_extra(module: str, purpose: str) -> Any:
    """A module of statsmodels or ruptures.

    Raises:
        MissingExtraError: the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        received = f"{purpose}: {error.name} is not installed"
        raise MissingExtraError(received, "the extra series", "pip install 'hibiscus[series]'") from None


def call_quietly(function: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, tuple[str, ...]]:
    """The result of a function of statsmodels, and its warnings as notes, each once."""
    if "result_object" in inspect.signature(function).parameters:
        options["result_object"] = False  # the tuple, which all versions return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", FutureWarning)
        result = function(*args, **options)
    return result, tuple(dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught))
