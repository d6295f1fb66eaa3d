"""Files that are complete at all times: written under another name, flushed to disk, and renamed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from hibiscus.errors import RunError

__all__ = ["cannot_write", "write_atomically"]


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


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file atomically: it always contains either the old or the new content.

    Raises:
        RunError: the disk is full, or the folder is not writable.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise cannot_write(path, error) from None
