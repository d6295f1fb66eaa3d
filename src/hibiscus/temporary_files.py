"""Files that are replaced as a whole: written into a temporary folder beside them, flushed, and renamed.

A reader finds either the old or the new content, and a link in the place of the file is replaced, not
followed. The name of the temporary folder tells the machine and the process that writes it, so that what a
killed process left is not mistaken for what another process is writing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import platform
import re
import shutil
import stat
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO

__all__ = [
    "is_leftover",
    "open_in_place",
    "open_own",
    "process_name",
    "remove",
    "remove_leftovers",
    "replacing",
]

ABANDONED = 24 * 3600.0  # seconds after which what an unknown process was writing is given up
NAMED = re.compile(r"(?:\..*\.|building-|deleting-)([0-9a-f]{8})-(\d+)-\d+(?:\.part)?")
UNNAMED = re.compile(r"\..*\.\d+\.(?:part|tmp)|\.tmp\w{6}")  # written by earlier versions
_numbers = itertools.count()


def process_name() -> str:
    """A text that is unique among all temporary names: the machine, the process, and a number."""
    return f"{_machine()}-{os.getpid()}-{next(_numbers)}"


@contextlib.contextmanager
def replacing(path: Path, flush: bool = True) -> Iterator[Path]:
    """A context that yields the name under which a file is to be written; at its end, it replaces `path`.

    If the context raises, `path` is as before. The permissions follow the umask.

    Args:
        path: the file, which may not exist yet.
        flush: wait until the content is on the disk, so that it survives a power failure.

    Raises:
        OSError: the file cannot be written.
    """
    folder = path.with_name(f".{path.name}.{process_name()}.part")
    folder.mkdir()
    try:
        file = folder / path.name
        yield file
        permissions = folder.stat().st_mode & 0o666
        if stat.S_IMODE(file.stat().st_mode) != permissions:  # some libraries write files for the owner only
            file.chmod(permissions)
        if flush:
            with open(file, "rb+") as written:
                os.fsync(written.fileno())
        os.replace(file, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def open_own(path: Path, mode: str) -> IO[str]:
    """Opens a text file, never through a link, and never a pipe, at which it would wait.

    Raises:
        OSError: a link, or no regular file.
    """
    return open(path, mode, encoding="utf-8", opener=_open_own)


def open_in_place(path: Path) -> IO[str]:
    """As `open_own`, to append to a file or to truncate it.

    A file with a second name (a hard link) is first replaced by a copy, so that the other one stays as it is.
    """
    file = open_own(path, "a")
    if os.fstat(file.fileno()).st_nlink < 2:
        return file
    file.close()
    with replacing(path) as copy:
        shutil.copyfile(path, copy)
    return open_own(path, "a")


def _open_own(name: str, flags: int) -> int:
    number = os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "not a regular file", name)
    return number


def remove_leftovers(folder: Path) -> None:
    """Removes what killed processes left in a folder; what other processes are writing stays."""
    with contextlib.suppress(OSError):  # no folder
        for path in list(folder.iterdir()):
            if is_leftover(path):
                remove(path)


def remove(path: Path) -> None:
    """Removes a file or a folder, if that is possible."""
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def is_leftover(path: Path) -> bool:
    """Whether this is a temporary file or folder, and the process that wrote it has ended.

    A process of another machine, or one that the name does not tell, is assumed to have ended after a day.
    """
    match = NAMED.fullmatch(path.name)
    if match is not None and match[1] == _machine() and os.name == "posix":
        return not _is_running(int(match[2]))
    if match is None and UNNAMED.fullmatch(path.name) is None:
        return False
    with contextlib.suppress(OSError):
        return time.time() - path.lstat().st_mtime > ABANDONED
    return False


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # of another user
        return True
    return True


@cache
def _machine() -> str:
    """Eight digits for the set of processes to which process numbers refer: a machine, or a container."""
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    return hashlib.blake2b(f"{platform.node()} {namespace}".encode(), digest_size=4).hexdigest()
