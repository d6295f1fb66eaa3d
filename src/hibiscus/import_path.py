"""The working directory on the import path, for networks and environments in a user's own modules."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator

__all__ = ["working_directory_on_path"]


@contextlib.contextmanager
def working_directory_on_path() -> Iterator[None]:
    """Lets modules of the working directory be imported, and restores the path afterwards."""
    folder = os.getcwd()
    if folder in sys.path:
        yield
        return
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
