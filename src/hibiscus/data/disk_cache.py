"""The cache: what can be computed again from the user's data, in one folder of limited size.

It is in `$HIBISCUS_CACHE`, otherwise in `$XDG_CACHE_HOME/hibiscus`, otherwise in `~/.cache/hibiscus`, and can
be deleted at any time. If it grows beyond `$HIBISCUS_CACHE_SIZE` (5 GB by default), the entries that were not
used for the longest time are deleted first.

    images/KEY/                        decoded images
    headers/KEY                        sizes and colors of the images of a folder
    tables/KEY                         columns of tables, with their types
    archives/KEY/                      extracted zip and tar archives
    features/KEY.safetensors           features of images, by a pretrained network
    feature-networks/KEY.safetensors   networks in whose features images are compared
    pretrained/KEY.safetensors         published weights, converted from the package that holds them
    precision.json                     the faster precision of linear layers, as measured on this machine

Several processes may use it at once: an entry is built under another name and renamed when it is complete,
and renamed again before it is deleted. A process that has opened an entry keeps what it has opened.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hibiscus.data.sizes import parse_size
from hibiscus.temporary_files import is_leftover, process_name, remove

__all__ = [
    "KINDS",
    "CacheEntry",
    "building",
    "cache_entries",
    "cache_folder",
    "cache_limit",
    "delete_entries",
    "discard",
    "mark_used",
    "trim_cache",
]

DEFAULT_LIMIT = "5GB"
KINDS = ("images", "headers", "tables", "archives", "features", "feature-networks", "pretrained")
TEMPORARY = re.compile(r"building-|deleting-|\..*\.part$")  # names of entries that are not complete
ABANDONED = 24 * 3600.0  # seconds after which an incomplete entry belongs to a process that was killed


@dataclass(frozen=True)
class CacheEntry:
    """An entry of the cache.

    Args:
        path: its file or folder.
        kind: the folder that it is in.
        size: in bytes.
        used: when it was last used, in seconds since 1970.
        is_complete: whether it can be used; otherwise a process is building it, or was killed while it did.
    """

    path: Path
    kind: str
    size: int
    used: float
    is_complete: bool

    @property
    def is_abandoned(self) -> bool:
        """Whether it is incomplete and belongs to a process that was killed."""
        return not self.is_complete and (time.time() - self.used > ABANDONED or is_leftover(self.path))


def cache_folder() -> Path:
    """The folder of the cache, which may not exist yet."""
    chosen = os.environ.get("HIBISCUS_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hibiscus"


def cache_limit() -> int:
    """The largest size of the cache in bytes.

    Raises:
        ConfigError: `HIBISCUS_CACHE_SIZE` is not a size.
    """
    return parse_size(
        "HIBISCUS_CACHE_SIZE", os.environ.get("HIBISCUS_CACHE_SIZE") or DEFAULT_LIMIT, DEFAULT_LIMIT
    )


def cache_entries() -> list[CacheEntry]:
    """All entries, those that were not used for the longest time first."""
    entries = []
    for kind in KINDS:
        folder = cache_folder() / kind
        for path in folder.iterdir() if folder.is_dir() else ():
            with contextlib.suppress(OSError):  # another process has just deleted it
                is_complete = TEMPORARY.match(path.name) is None
                size = sum(file.lstat().st_size for file in _files(path))
                entries.append(CacheEntry(path, kind, size, path.lstat().st_mtime, is_complete))
    return sorted(entries, key=lambda entry: entry.used)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir() or path.is_symlink():
        yield path
        return
    for root, _, names in os.walk(path):
        yield from (Path(root) / name for name in names)


@contextlib.contextmanager
def building(kind: Path) -> Iterator[Path]:
    """An empty folder in which to build an entry, to be renamed to its place; deleted if that fails.

    Args:
        kind: the folder of the entries.
    """
    work = kind / f"building-{process_name()}"
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        remove(work)


def mark_used(path: Path) -> None:
    """Records that an entry is used now."""
    with contextlib.suppress(OSError):  # a cache that cannot be written
        os.utime(path)


def trim_cache() -> None:
    """Deletes entries, least recently used first, until the cache is within its limit.

    The entry that was used last is kept, even if it alone is larger. So is what other processes are building;
    what they left when they were killed is deleted.
    """
    limit, entries = cache_limit(), cache_entries()
    total = sum(entry.size for entry in entries)
    complete = [entry for entry in entries if entry.is_complete]
    chosen = [entry for entry in entries if entry.is_abandoned]
    total -= sum(entry.size for entry in chosen)
    for entry in complete[:-1]:
        if total <= limit:
            break
        chosen.append(entry)
        total -= entry.size
    delete_entries(chosen)


def delete_entries(entries: list[CacheEntry]) -> int:
    """Deletes entries; returns the number of bytes that became free."""
    return sum(entry.size for entry in entries if discard(entry.path))


def discard(path: Path) -> bool:
    """Deletes an entry; returns whether it is gone. A process that has opened it keeps what it has opened."""
    doomed = path.with_name(f"deleting-{process_name()}")
    try:
        path.rename(doomed)  # no other process finds half of an entry
        shutil.rmtree(doomed) if doomed.is_dir() and not doomed.is_symlink() else doomed.unlink()
    except OSError:  # another process deleted it first, or a system keeps open files
        return False
    return True
