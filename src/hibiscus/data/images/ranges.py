"""Checks of augmentation's options, with words that say how to fix them."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.errors import ConfigError

__all__ = ["BELOW_ONE", "check_number", "check_switch"]

BELOW_ONE = math.nextafter(1.0, 0.0)


def check_number(name: str, value: Any, low: float, high: float) -> None:
    """Passes a number from `low`, at which the option does nothing, to `high`.

    Raises:
        ConfigError: it is none, or lies outside.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        limit = "below 1" if high == BELOW_ONE else f"{high:g}"
        raise ConfigError(f"{name}={value!r}", f"a number from {low:g} to {limit}", f"{name}={low:g} switches it off")


def check_switch(name: str, value: Any) -> None:
    """Passes True and False.

    Raises:
        ConfigError: anything else.
    """
    if not isinstance(value, bool):
        raise ConfigError(f"{name}={value!r}", "True or False", f"{name}=False switches it off")
