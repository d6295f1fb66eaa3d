"""Not enough memory: errors of NumPy, PyTorch and the system as one error that says what to lower."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from hibiscus.data.preparation import Preparation
from hibiscus.data.sizes import size_text
from hibiscus.errors import DataError, OutOfMemoryError

__all__ = ["missing_memory", "names_too_little_memory", "too_little_memory"]

PHRASES = re.compile(r"out of memory|not enough memory|can(no|')t allocate memory|bad_alloc", re.IGNORECASE)
AMOUNT = re.compile(r"allocate ([\d.]+) ?([KMGTPE]?)i?B(?:ytes)?\b", re.IGNORECASE)
UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50, "e": 2**60}


def missing_memory(error: BaseException) -> str | None:
    """How much memory could not be allocated, such as `4.0 GB`.

    Returns:
        None if the error has another reason, and an empty text if it does not say how much.
    """
    is_known = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    if not is_known and not (isinstance(error, RuntimeError) and PHRASES.search(str(error))):
        return None
    amount = AMOUNT.search(str(error))
    return size_text(float(amount[1]) * UNITS[amount[2].lower()]) if amount else ""


@contextlib.contextmanager
def too_little_memory(work: str, config: Any, preparation: Preparation, fix: str) -> Iterator[None]:
    """Names what to lower if the memory is not enough while it is entered.

    Args:
        work: what is done, as in `to train`.
        config: the options of the method.
        preparation: with the size of images, if there are any.
        fix: how to need less.

    Raises:
        OutOfMemoryError: instead of an error of NumPy, PyTorch or the system.
    """
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        missing = missing_memory(error)
        if missing is None:
            raise
        settings = {"batch_size": getattr(config, "batch_size", None)}
        if "image" in preparation:
            image = preparation["image"]
            settings["image_size"] = f"{image.height},{image.width}"
        shown = " ".join(f"{name}={value}" for name, value in settings.items() if value is not None)
        received = f"not enough memory {work}{_amount(missing)}" + (f"; {shown}" if shown else "")
        raise OutOfMemoryError(received, "enough free memory", fix) from error


def names_too_little_memory(open_one: Callable[..., Any]) -> Callable[..., Any]:
    """A function that opens the data at its first argument, with an error that names it.

    Raises:
        DataError: instead of an error of NumPy, PyTorch or the system.
    """

    @functools.wraps(open_one)
    def opened(path: Any, **options: Any) -> Any:
        try:
            return open_one(path, **options)
        except (MemoryError, RuntimeError, OSError) as error:
            missing = missing_memory(error)
            if missing is None:
                raise
            named = os.fspath(path) if isinstance(path, str | os.PathLike) else "data in memory"
            size = options.get("image_size")
            shown = f"; image_size={size}" if size else ""
            received = f"{named}: not enough memory to open it{_amount(missing)}{shown}"
            fix = "fewer items, a smaller image_size for images, or more memory"
            raise DataError(received, "data that fits into the free memory", fix) from error

    return opened


def _amount(missing: str) -> str:
    return f", {missing} more were needed" if missing else ""
