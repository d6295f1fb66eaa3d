"""Named pipes, sockets and devices in the place of data: none is opened, as reading could wait forever."""

from __future__ import annotations

import os
from pathlib import Path

from hibiscus.data.file_kinds import special_kind
from hibiscus.data.files import IMAGE_ENDINGS, walk_entries
from hibiscus.errors import DataError

__all__ = ["check_regular"]


def check_regular(path: str | os.PathLike[str]) -> None:
    """Checks that a path, and everything in it that is not hidden, is a file or a folder.

    In a folder, what is named like an image may be anything: images are examined one by one, and bad ones
    are skipped and named.

    Raises:
        DataError: it is, or contains, a named pipe, a socket or a device; the message names it.
    """
    if os.path.isdir(path):
        for entry in walk_entries(Path(path)):
            if kind := _special_entry(entry):
                raise _refused(entry.path, kind)
    elif kind := special_kind(path):
        raise _refused(path, kind)


def _special_entry(entry: os.DirEntry[str]) -> str:
    """The kind of an entry; nothing is examined for which the folder says that it is a file."""
    is_image = os.path.splitext(entry.name)[1].lower() in IMAGE_ENDINGS
    return "" if is_image or entry.is_file(follow_symlinks=False) else special_kind(entry.path)


def _refused(path: str | os.PathLike[str], kind: str) -> DataError:
    received = f"{os.fspath(path)}: {kind}, which could be read forever"
    return DataError(received, "a file or a folder", "save its content as a file, or remove it")
