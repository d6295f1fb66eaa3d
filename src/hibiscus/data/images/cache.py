"""The image cache: each image is decoded once, into a memory-mapped array found by the state of the files.

An entry holds the images of one list of files, read in one way. If some of the files change, are added or
removed, a new entry takes over the rows of the others and replaces the entry that it was made from, so that
the cache does not grow. Rows are found by the state of their file, or by its content if it was renamed.

Nothing is ever written to the user's data folders. `disk_cache` says where the cache is and limits its size.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import os
import shutil
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Skipped
from hibiscus.data.disk_cache import building, cache_folder, discard, mark_used, trim_cache
from hibiscus.data.images.decoded_rows import DecodedRows, load_rows, written_rows
from hibiscus.data.images.decoding import KnownRows, Reading, decode_files
from hibiscus.data.images.headers import scan_headers
from hibiscus.data.images.stamps import STAMP_BYTES, file_stamps
from hibiscus.data.memory_limit import check_memory

__all__ = ["decode_images"]

FORMAT = 7  # of entries
MAX_SOURCES = 16  # entries that are searched for rows, those that were used last
MAX_RATIO, MAX_EXTRA = 8, 100_000  # the size of entries that are searched: for each file, and besides


def _digest(text: str | bytes, size: int = 8) -> str:
    data = text if isinstance(text, bytes) else os.fsencode(text)
    return hashlib.blake2b(data, digest_size=size).hexdigest()


def _reading_key(reading: Reading) -> str:
    return _digest(f"{FORMAT} {_decoders()} {reading}")


@functools.cache
def _decoders() -> str:
    """The versions of the decoders, which may give other pixels."""
    # Not from the modules themselves: importing PyTorch takes longer than opening a folder from the cache.
    versions = []
    for name in ("pillow", "simplejpeg", "torch"):
        with contextlib.suppress(PackageNotFoundError):  # a replacement under another name
            versions.append(version(name))
    return " ".join(versions)


def _load_whole(
    entry: Path, stamps: Sequence[bytes], reading: Reading
) -> tuple[DecodedRows, np.ndarray] | None:
    """An intact entry for these files, and which of them it holds: all but those that could not be read."""
    rows = load_rows(entry, reading.shape, len(stamps))
    good = None if rows is None else rows.positions(stamps)
    return None if rows is None or good is None or not rows.is_intact() else (rows, good)


def _sources(reading: Reading, stamps: Sequence[bytes]) -> KnownRows:
    """The entries that were read in this way, from which images may be copied; the last one used first."""
    used: list[tuple[float, Path]] = []
    for path in (cache_folder() / "images").glob(f"{_reading_key(reading)}-*"):
        with contextlib.suppress(OSError):  # another process has just deleted it
            used.append((path.stat().st_mtime, path))
    paths = [path for _, path in sorted(used, reverse=True)[:MAX_SOURCES]]
    most = MAX_RATIO * len(stamps) + MAX_EXTRA
    entries = [load_rows(path, reading.shape, most) for path in paths]
    return KnownRows([entry for entry in entries if entry is not None], stamps)


def _originals(files: Sequence[Path], stamps: Sequence[bytes], reading: Reading) -> KnownRows:
    """The entries that hold the images at the size of their files, if resizing them is exact."""
    headers = scan_headers(files)
    sizes = {(header.height, header.width) if header and header.is_plain else None for header in headers}
    if len(sizes) != 1 or sizes <= {None, reading.shape[:2]}:
        return KnownRows()
    (size,) = sizes
    assert size is not None
    own = Reading((*size, reading.shape[2]), reading.resize, reading.white_level)
    return _sources(own, stamps)


def _build(
    entry: Path, files: Sequence[Path], stamps: Sequence[bytes], reading: Reading
) -> list[tuple[int, str]]:
    """Writes an entry; returns the indices of the bad files with their reasons."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    needed = len(files) * math.prod(reading.shape)
    if shutil.disk_usage(entry.parent).free < needed:
        raise OSError(f"not enough space for {needed:,} bytes")
    known = _sources(reading, stamps)
    with building(entry.parent) as work:
        with written_rows(work) as append:
            bad = decode_files(files, stamps, reading, known, _originals(files, stamps, reading), append)
        try:
            work.rename(entry)
        except OSError:  # there is one: of another process that was faster, damaged, or with fewer images
            other = _load_whole(entry, stamps, reading)
            if other is None or len(other[1]) < len(files) - len(bad):
                discard(entry)
                work.rename(entry)
    for number, source in enumerate(known.entries):
        of_same_files = source.path.name.split("-")[:2] == entry.name.split("-")[:2]
        if source.path != entry and of_same_files and 2 * known.reused[number] >= len(source.table):
            discard(source.path)  # most of it is in the new entry, and the rest likely out of date
    return bad


def _decode_into_memory(
    files: Sequence[Path], stamps: Sequence[bytes], reading: Reading, known: KnownRows
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, str]]]:
    """The pixels and keys of the good files, and the indices of the bad ones with their reasons."""
    check_memory(
        files[0].parent if files else "", len(files) * math.prod(reading.shape), factor=2
    )  # the list, and its copy
    chunks: list[np.ndarray] = [np.zeros((0, *reading.shape), np.uint8)]
    keys: list[np.ndarray] = [np.zeros(0, np.uint64)]

    def keep(pixels: np.ndarray, table: np.ndarray) -> None:
        chunks.append(pixels.copy())
        keys.append(table["key"])

    bad = decode_files(files, stamps, reading, known, KnownRows(), keep)
    return np.concatenate(chunks), np.concatenate(keys), bad


def decode_images(
    files: Sequence[Path],
    shape: tuple[int, int, int],
    resize: str = "cover",
    white_level: float | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Skipped]]:
    """Decodes image files to one size, using the cache.

    Args:
        files: the images.
        shape: `(height, width, channels)` of the result; channels 1 (grayscale) or 3 (RGB).
        resize: `cover` scales the short side and crops the center; `squash` ignores the aspect ratio.
        white_level: the value of white in images of more than 8 bits, see `plan_reading`.

    Returns:
        The pixels of the good files, uint8 `(good, height, width, channels)`, memory-mapped; their digests,
        uint64 `(good,)`; their indices among the files; and the bad files with their reasons.
    """
    height, width, channels = map(int, shape)
    reading = Reading((height, width, channels), resize, None if white_level is None else float(white_level))
    stamps, root = file_stamps(files)
    state = b"".join(stamp or bytes(STAMP_BYTES) for stamp in stamps)
    name = f"{_reading_key(reading)}-{_digest(root)}-{_digest(state, 16)}"
    entry = cache_folder() / "images" / name
    mark_used(entry)
    loaded, bad = _load_whole(entry, stamps, reading), list[tuple[int, str]]()
    if loaded is not None:
        bad = _still_bad(files, stamps, reading, loaded[1])
        loaded = loaded if len(bad) + len(loaded[1]) == len(files) else None
    if loaded is None:
        try:
            bad = _build(entry, files, stamps, reading)
            loaded = _load_whole(entry, stamps, reading)
            with contextlib.suppress(OSError):  # of other entries
                trim_cache()
        except OSError:  # no space, or no permission to write
            loaded = None
    if loaded is None:
        pixels, keys, bad = _decode_into_memory(files, stamps, reading, _sources(reading, stamps))
        good = np.setdiff1d(np.arange(len(files)), [index for index, _ in bad])
    else:
        (rows, good), keys = loaded, loaded[0].table["key"].copy()
        pixels = rows.pixels
    return pixels, keys, good, [Skipped(str(files[index]), reason) for index, reason in bad]


def _still_bad(
    files: Sequence[Path], stamps: Sequence[bytes], reading: Reading, good: np.ndarray
) -> list[tuple[int, str]]:
    """Tries the other files again, as a missing codec may have been installed; the bad ones and why."""
    others = np.setdiff1d(np.arange(len(files)), good).tolist()
    if not others:
        return []
    again = [files[index] for index in others], [stamps[index] for index in others]
    return [(others[index], reason) for index, reason in _decode_into_memory(*again, reading, KnownRows())[2]]
