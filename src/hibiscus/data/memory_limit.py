"""The memory that the data of a user may take, so that a small file cannot fill the machine.

Readers pass the size that a file declares, or that was read so far, before they allocate it. One file may
take three quarters of the memory that is free at that moment. If it takes more than 512 MB, its content may
be at most 300 times as large as the compressed file. `HIBISCUS_MAX_MEMORY`, for example `8GB`, replaces both
limits.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from gzip import GzipFile
from pathlib import Path
from typing import IO

from hibiscus.data.sizes import parse_size, size_option, size_text
from hibiscus.errors import DataError

__all__ = ["allowed_memory", "available_memory", "check_memory", "check_text", "read_within"]

SHARE = 0.75  # of the free memory, for one file
MAX_RATIO = 300  # bytes of content for each byte of a compressed file; dense arrays of few words reach it
ANY_RATIO = 512 * 10**6  # bytes of memory up to which the ratio does not matter
SMALL = 16 * 2**20  # bytes that are allocated without reading the state of the machine
UNKNOWN = 4 * 2**30  # bytes that are assumed to be free if the system does not say
BLOCK = 2**24
VALUE_MARKS = b",;\t|[{<\n"
VARIABLE = "HIBISCUS_MAX_MEMORY"


def check_memory(
    name: str | os.PathLike[str], size: float, *, stored: int | None = None, factor: float = 1.0
) -> None:
    """Refuses data before the memory for it is allocated.

    Args:
        name: of the file, for the message.
        size: bytes of its content, as declared or as read so far.
        stored: bytes of the file, if its content is compressed.
        factor: bytes of memory that reading takes for each byte of the content.

    Raises:
        DataError: more than three quarters of the free memory, or a content that is absurdly larger than its
            file; or more than `HIBISCUS_MAX_MEMORY`, if it is set.
        ConfigError: `HIBISCUS_MAX_MEMORY` is not a size.
    """
    needed, chosen = size * factor, os.environ.get(VARIABLE)
    if needed <= SMALL and not chosen:
        return
    allowed = allowed_memory()
    content = f"{os.fspath(name)}: {size_text(size)} of data"
    setting = f"set {VARIABLE}={size_option(needed * 1.1)} if you trust the file"
    if needed > allowed:
        takes = "" if factor == 1 else f", which take about {size_text(needed)} of memory"
        share = f"{VARIABLE}={chosen}" if chosen else f"{SHARE:.0%} of the free memory"
        fix = f"use a part of it, free memory, or {setting} and the machine has as much memory"
        raise DataError(content + takes, f"at most {size_text(allowed)}, {share}", fix)
    if stored is not None and needed > ANY_RATIO and size > _largest_content(stored):
        received = f"{content} in a file of {size_text(stored)}, {size / max(1, stored):,.0f} times its size"
        expected = f"at most {MAX_RATIO} times, if it takes more than {size_text(ANY_RATIO)} of memory"
        raise DataError(received, expected, setting)


def allowed_memory(stored: int | None = None) -> float:
    """Bytes that one file may take: `HIBISCUS_MAX_MEMORY`, or three quarters of the free memory.

    Args:
        stored: bytes of the file, if its content is compressed, which limits the content as well.

    Raises:
        ConfigError: `HIBISCUS_MAX_MEMORY` is not a size.
    """
    chosen = os.environ.get(VARIABLE)
    allowed = parse_size(VARIABLE, chosen, "8GB") if chosen else SHARE * available_memory()
    return allowed if stored is None else min(allowed, max(ANY_RATIO, _largest_content(stored)))


def _largest_content(stored: int) -> float:
    """Bytes to which a file of `stored` bytes may be decompressed, however much memory there is."""
    return math.inf if os.environ.get(VARIABLE) else MAX_RATIO * stored


def read_within(
    source: IO[bytes] | GzipFile,
    name: str | os.PathLike[str],
    *,
    stored: int | None = None,
    factor: float = 1.0,
) -> bytes:
    """All bytes of a stream, counted while they are read; see `check_memory`."""
    blocks: list[bytes] = []
    size = 0
    while block := source.read(BLOCK):
        size += len(block)
        check_memory(name, size, stored=stored, factor=factor)
        blocks.append(block)
    return b"".join(blocks)


def check_text(
    name: str | os.PathLike[str], data: bytes, per_byte: float, per_value: float, stored: int | None = None
) -> None:
    """Refuses a text before it is parsed: a byte or two of it may become an object of a hundred bytes.

    Args:
        name: of the file, for the message.
        data: the text.
        per_byte: bytes of memory for each byte of it.
        per_value: bytes of memory for each value besides, which are counted by what separates or opens them.
        stored: bytes of the file, if the text may be compressed.

    Raises:
        DataError: as `check_memory`.
    """
    if data:
        values = sum(data.count(mark) for mark in VALUE_MARKS)
        factor = per_byte + per_value * values / len(data)
        check_memory(name, len(data), stored=stored, factor=factor)


def available_memory() -> int:
    """Bytes that this process can still allocate: of the machine, its control groups and its own limit."""
    limits = [_machine(), *_control_groups(), _address_space()]
    return max(0, min((limit for limit in limits if limit is not None), default=UNKNOWN))


def _machine() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):  # other systems than Linux
        names = getattr(os, "sysconf_names", {})
        pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in names else "SC_PHYS_PAGES"
        return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")
    return None


def _control_groups(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> list[int]:
    """What the control groups of a container, and those around them, leave free (versions 1 and 2)."""
    free = []
    with contextlib.suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            base = root / controllers
            names = (
                ("memory.limit_in_bytes", "memory.usage_in_bytes")
                if controllers
                else ("memory.max", "memory.current")
            )
            place = base / path.lstrip("/")
            for folder in (place, *place.parents):
                with contextlib.suppress(OSError, ValueError):  # no limit reads as "max"
                    limit, used = (int((folder / name).read_text()) for name in names)
                    free.append(limit - used + _reclaimable(folder))
                if folder == base:
                    break
    return free


def _reclaimable(folder: Path) -> int:
    """Bytes of files that the system keeps in memory only while nobody needs it."""
    with contextlib.suppress(OSError):
        found = re.search(
            r"^(?:total_)?inactive_file (\d+)", (folder / "memory.stat").read_text(), re.MULTILINE
        )
        return int(found[1]) if found else 0
    return 0


def _address_space() -> int | None:
    """What the limit on the address space of this process (`ulimit -v`) leaves."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            return limit - used
    return None
