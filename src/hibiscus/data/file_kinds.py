"""What a path leads to, without opening it or importing what reads it."""

from __future__ import annotations

import os
import stat

__all__ = ["special_kind"]

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def special_kind(path: str | os.PathLike[str]) -> str:
    """What a path leads to if it is no file and no folder, in words; otherwise an empty string."""
    try:
        return KINDS.get(stat.S_IFMT(os.stat(path).st_mode), "")
    except (OSError, ValueError):
        return ""
