"""The lock of a run folder: the file `lock`, which exists while a process uses the run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hibiscus.errors import RunError
from hibiscus.temporary_files import open_own

__all__ = ["locked"]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder; the system releases the lock whenever this process ends.

    Raises:
        RunError: another process uses the run; the message names it.
    """
    path = folder / "lock"
    file = _open_locked(path)
    while not _is_own(file, path):
        file.close()
        file = _open_locked(path)
    try:
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps a file that is open
            path.unlink(missing_ok=True)
        file.close()


def _open_locked(path: Path) -> IO[str]:
    try:
        file = open_own(path, "a+")
    except OSError as error:
        received = f"{path.parent}: cannot be written ({error.strerror})"
        raise RunError(received, "a writable folder", "check its permissions") from None
    try:
        _lock(file)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "another process"
        file.close()
        received = f"{path.parent}: in use by {owner}"
        raise RunError(received, "a run that no other process uses", "wait for it, or stop it") from None
    return file


def _is_own(file: IO[str], path: Path) -> bool:
    """Whether a locked file is the one at a path, and has no other name; then it may be written."""
    try:
        at_path = os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        at_path = False  # the process that held the lock has removed it meanwhile
    if at_path and os.fstat(file.fileno()).st_nlink > 1:  # a copy of the folder by hard links
        path.unlink(missing_ok=True)
        return False
    return at_path


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
