"""The errors for files of a run that cannot be read, or whose content was changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from hibiscus.errors import ConfigError, DataError, HibiscusError, RunError, UsageError

__all__ = ["damaged", "reading"]

EXPECTED = "the file as Hibiscus wrote it"
FIX = "restore it from a backup"
LONGEST = 300  # characters of what is wrong


def damaged(path: Path, what: str, fix: str = FIX) -> RunError:
    """The error for a file of a run that cannot be used as it is."""
    return RunError(f"{path}: {what[:LONGEST]}", EXPECTED, fix)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever a damaged file of a run leads to while it is read becomes an error that names the file.

    Raises:
        RunError: the file is missing or damaged, or holds an option that is out of its range.
    """
    try:
        yield
    except FileNotFoundError:
        raise RunError(
            f"{path}: no such file", "a run folder written by hibiscus train", "check the path"
        ) from None
    except RunError as error:
        if str(path.parent) in error.received:
            raise
        raise RunError(f"{path}: {error.received}", error.expected, error.fix) from None
    except (ConfigError, DataError, UsageError) as error:
        fix = f"{error.fix}; or {FIX}" if error.fix else FIX
        raise RunError(f"{path}: {error.received}", error.expected, fix) from None
    except HibiscusError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise damaged(path, f"cannot be read ({reason})") from None
    except Exception as error:
        raise damaged(path, f"cannot be read ({type(error).__name__}: {error})") from error
