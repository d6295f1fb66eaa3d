"""Stamps of files, by which the cache notices that a file has changed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["STAMP_BYTES", "file_stamps"]

STAMP_BYTES = 16
TICK = 20_000_000  # ns; two changes of a file within one tick of the system's clock have the same time


def file_stamps(files: Sequence[Path]) -> tuple[list[bytes], str]:
    """For each file 16 bytes that differ if its path or its state does, none for a missing file; and the
    lowest folder that holds all of them, empty if there is none.

    The state is the size, the permissions, the inode and its times. The time of the last change of the inode
    is part of it, as a copy may keep the modification time.
    """
    stamps, folders, newest = list[bytes](), dict[str, str](), 0
    for file in files:
        folder, name = os.path.split(os.fspath(file))
        if folder not in folders:
            folders[folder] = os.path.abspath(folder)
        try:
            stat = os.stat(file)
        except (OSError, ValueError):  # missing, or an invalid file name
            stamps.append(b"")
            continue
        newest = max(newest, stat.st_ctime_ns)
        times = f"{stat.st_mtime_ns}\0{stat.st_ctime_ns}\0{stat.st_ino}"
        state = f"{folders[folder]}\0{name}\0{stat.st_size}\0{stat.st_mode}\0{times}"
        encoded = state.encode(errors="surrogateescape")
        stamps.append(hashlib.blake2b(encoded, digest_size=STAMP_BYTES, person=b"stamp").digest())
    if abs(time.time_ns() - newest) < TICK:
        time.sleep(TICK / 1e9)  # so that a change after the file was read has another time
    try:
        return stamps, os.path.commonpath(folders.values())
    except ValueError:  # no files, or on two drives
        return stamps, ""
