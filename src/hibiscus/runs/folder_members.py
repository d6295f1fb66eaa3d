"""The members of a run folder: files and folders of its own, and nothing that leads out of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hibiscus.errors import RunError
from hibiscus.temporary_files import is_leftover, remove

__all__ = ["check_members"]


def check_members(folder: Path) -> None:
    """Checks all members of a run folder, and removes what killed processes left among them.

    The folder itself may be a link. Members that lead out of it could make Hibiscus read or change files of
    the person who uses a stranger's run; opening a named pipe would wait for ever.

    Raises:
        RunError: a member is a link that leads out of the folder, or neither a file nor a folder.
    """
    root = os.path.realpath(folder)
    for parent, folders, files in os.walk(folder):  # does not follow links
        for path in [Path(parent, name) for name in (*folders, *files)]:
            try:
                kind = path.lstat().st_mode
            except FileNotFoundError:  # another process has just deleted it
                continue
            if is_leftover(path):
                remove(path)
            else:
                _check_member(path, kind, root)


def _check_member(path: Path, kind: int, root: str) -> None:
    if stat.S_ISLNK(kind) and not Path(os.path.realpath(path)).is_relative_to(root):
        raise RunError(
            f"{path}: a link that leads out of the run folder, to {os.readlink(path)}",
            "files and folders of the run folder itself",
            "replace the link by what it leads to, or delete it",
        )
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind) or stat.S_ISLNK(kind)):
        received = f"{path}: a named pipe, a socket or a device"
        raise RunError(received, "files and folders only", "delete it")
