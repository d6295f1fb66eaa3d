"""An entry of the image cache: decoded images of one size, and a table with one row for each of them.

    pixels   uint8 (images, height, width, channels), without a header
    table    for each image the stamp of its file, the digests of its content and a checksum of its pixels;
             at the end a digest of the table

Both are written once and never changed, as other processes may have mapped them into memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hibiscus.data.images.stamps import STAMP_BYTES

__all__ = ["ROW", "DecodedRows", "load_rows", "read_table", "sealed", "written_rows"]

ROW = np.dtype([
    ("stamp", f"V{STAMP_BYTES}"),  # of the file, see `file_stamps`
    ("content", "V16"),  # BLAKE2b of the file's content
    ("key", "<u8"),  # the digest of the content that is the key of the item
    ("checksum", "<u4"),  # CRC-32 of the pixels
])  # fmt: skip
SEAL = 16  # bytes
BLOCK = 2**22  # bytes of pixels that are checked at a time
# A link, a pipe or a device in place of the file is refused and never waited for.
OPENING = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


@dataclass
class DecodedRows:
    """Decoded images and their table.

    Args:
        path: the folder of the entry.
        pixels: uint8 `(images, height, width, channels)`, memory-mapped; changes to it do not reach the file.
        table: of the type `ROW`, `(images,)`.
    """

    path: Path
    pixels: np.ndarray
    table: np.ndarray

    def is_intact(self) -> bool:
        """Whether all pixels are as they were written."""
        # Read, not mapped: pages that are mapped count as memory of the process.
        size, checksums = math.prod(self.pixels.shape[1:]), self.table["checksum"].tolist()
        step = max(1, BLOCK // max(1, size))
        try:
            with _open_regular(self.path / "pixels") as file:
                for start in range(0, len(checksums), step):
                    expected = checksums[start : start + step]
                    block = memoryview(file.read(len(expected) * size))
                    rows = (block[at * size : (at + 1) * size] for at in range(len(expected)))
                    if [zlib.crc32(row) for row in rows] != expected:
                        return False
        except OSError:
            return False
        return True

    def positions(self, stamps: Sequence[bytes]) -> np.ndarray | None:
        """Where these images are among files with these stamps; None if they are not all there, in order."""
        own = self.table["stamp"].tolist()
        known = set(own)
        found = [index for index, stamp in enumerate(stamps) if stamp in known]
        return np.array(found, np.int64) if [stamps[index] for index in found] == own else None


def _open_regular(path: Path) -> BinaryIO:
    file = os.fdopen(os.open(path, OPENING), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path}: not a regular file")
    return file


def sealed(table: np.ndarray) -> bytes:
    """The bytes of a table with their digest, as `read_table` expects them."""
    content = table.tobytes()
    return content + hashlib.blake2b(content, digest_size=SEAL).digest()


def read_table(path: Path, dtype: np.dtype, most: int) -> np.ndarray | None:
    """A table of at most `most` rows; None if it cannot be read, is larger, or was damaged."""
    try:
        with _open_regular(path) as file:
            content = file.read(most * dtype.itemsize + SEAL + 1)
    except (OSError, ValueError):
        return None
    body, seal = content[:-SEAL], content[-SEAL:]
    whole = len(content) >= SEAL and len(body) % dtype.itemsize == 0 and len(body) <= most * dtype.itemsize
    if not whole or hashlib.blake2b(body, digest_size=SEAL).digest() != seal:
        return None
    return np.frombuffer(body, dtype)


def load_rows(path: Path, shape: tuple[int, int, int], most: int) -> DecodedRows | None:
    """An entry of at most `most` images; None if there is none, or its files do not fit each other.

    The pixels are not read: see `DecodedRows.is_intact`.
    """
    table = read_table(path / "table", ROW, most)
    if table is None:
        return None
    whole = (len(table), *shape)
    try:
        with _open_regular(path / "pixels") as file:
            # Compared first, as reading a memory map beyond the end of its file kills the process.
            if os.fstat(file.fileno()).st_size != math.prod(whole):
                return None
            pixels = np.memmap(file, np.uint8, "c", shape=whole) if len(table) else np.zeros(whole, np.uint8)
    except (OSError, ValueError):
        return None
    return DecodedRows(path, pixels, table)


@contextlib.contextmanager
def written_rows(folder: Path) -> Iterator[Callable[[np.ndarray, np.ndarray], None]]:
    """Writes an entry into an empty folder; what it yields appends images and their rows of the table."""
    tables = [np.zeros(0, ROW)]
    with open(folder / "pixels", "xb") as file:

        def append(pixels: np.ndarray, table: np.ndarray) -> None:
            file.write(pixels.data)
            tables.append(table)

        yield append
    (folder / "table").write_bytes(sealed(np.concatenate(tables)))
