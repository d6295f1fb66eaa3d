"""The files of a run, which are complete at all times, and the error if one cannot be written."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from hibiscus.errors import RunError
from hibiscus.temporary_files import replacing

__all__ = ["cannot_write", "saving", "write_atomically"]


def cannot_write(path: Path, error: Exception) -> RunError:
    """The error for a file of a run that cannot be written."""
    text = str(error)
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space" in text or "os error 28" in text
    what = "the disk is full" if full else (getattr(error, "strerror", None) or text)
    return RunError(
        f"{path}: cannot be written ({what}); what was saved before is intact",
        "a writable folder with enough free space",
        "free some space, then continue: hibiscus resume RUN"
        if full
        else "choose another folder: --out FOLDER",
    )


@contextlib.contextmanager
def saving(path: Path, *errors: type[Exception]) -> Iterator[Path]:
    """A context that yields the name under which a file of a run is to be written, see `replacing`.

    Args:
        path: the file.
        *errors: what the library that writes it raises, besides OSError.

    Raises:
        RunError: the disk is full, or the folder is not writable; the file is as before.
    """
    try:
        with replacing(path) as file:
            yield file
    except (OSError, *errors) as error:
        raise cannot_write(path, error) from None


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file atomically: it always contains either the old or the new content.

    Raises:
        RunError: the disk is full, or the folder is not writable.
    """
    with saving(path) as file:
        file.write_bytes(content)
