"""Decoding of many image files in threads, which leaves out what is decoded already."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hibiscus.data.images.decode import PIXEL_LIMIT, open_image, resized
from hibiscus.data.images.decoded_rows import ROW, DecodedRows
from hibiscus.data.images.jpeg import START, file_bytes, read_jpeg
from hibiscus.data.keys import digest
from hibiscus.errors import DataError
from hibiscus.progress import step

__all__ = ["KnownRows", "Reading", "decode_files"]

MAX_RATIO, MAX_EXTRA = 2, 10_000  # how many images are searched by content: for each file, and besides
CHUNK, CHUNK_BYTES = 512, 2**25  # the largest number of images, and of bytes of pixels, decoded at a time


@dataclass(frozen=True)
class Reading:
    """How images are read.

    Args:
        shape: `(height, width, channels)` of the result.
        resize: `cover` or `squash`.
        white_level: the value of white in images of more than 8 bits, if there are any.
    """

    shape: tuple[int, int, int]
    resize: str = "cover"
    white_level: float | None = None


class KnownRows:
    """Images that are decoded already, found by the stamp or by the content of their files.

    Args:
        entries: the entries that hold them; the first ones are preferred.
        stamps: of the files that are asked for.
    """

    def __init__(self, entries: Sequence[DecodedRows] = (), stamps: Sequence[bytes] = ()):
        self.entries = entries
        self.reused = Counter[int]()  # the number of images copied from each entry
        self._pixels = [np.asarray(entry.pixels) for entry in entries]
        self._places: dict[bytes, tuple[int, int]] = {}
        requested = set(stamps)
        for number, entry in enumerate(entries):
            for row, stamp in enumerate(entry.table["stamp"].tolist()):
                if stamp in requested:
                    self._places.setdefault(stamp, (number, row))
        limit = MAX_RATIO * len(stamps) + MAX_EXTRA
        for number, entry in enumerate(entries if requested - self._places.keys() else ()):
            if (limit := limit - len(entry.table)) >= 0:
                for row, content in enumerate(entry.table["content"].tolist()):
                    self._places.setdefault(content, (number, row))

    def find(self, name: bytes) -> tuple[int, np.ndarray, np.void] | None:
        """The entry, pixels and table row of a file with this stamp or content; None for an unknown one.

        Pixels that are not as they were written count as unknown.
        """
        number, row = self._places.get(name, (0, -1))
        if row < 0:
            return None
        pixels, entry = self._pixels[number][row], self.entries[number].table[row]
        return (number, pixels, entry) if zlib.crc32(pixels) == int(entry["checksum"]) else None


@dataclass
class _Result:
    """What became of a file: its digests, or the reason why it cannot be used.

    Args:
        content: the digest of its content for the cache.
        key: the digest of its content that is the key of the item.
        reason: why it cannot be used; empty for a good image.
        entry: the number of the entry that it was copied from; -1 if there was none.
    """

    content: bytes = b""
    key: int = 0
    reason: str = ""
    entry: int = -1


@dataclass
class _Decoder:
    """Decodes files, unless they are known in the size that is asked for, or in their own."""

    reading: Reading
    known: KnownRows
    originals: KnownRows

    def __call__(self, file: Path, stamp: bytes, pixels: np.ndarray) -> _Result:
        """Fills `(height, width, channels)`."""
        if result := self._copied(stamp, pixels):
            return result
        try:
            data = file_bytes(file)  # read once, for the digests and, if it is a JPEG, the pixels
            content = b"" if data is None else hashlib.blake2b(data, digest_size=16).digest()
            if result := self._copied(content, pixels):
                return result
            pixels[...] = self._decoded(file, data).reshape(pixels.shape)
            data = file.read_bytes() if data is None else data
            return _Result(content or hashlib.blake2b(data, digest_size=16).digest(), digest(data))
        except DataError as error:
            return _Result(reason=error.received)
        except (OSError, ValueError) as error:
            return _Result(reason=f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})")

    def _copied(self, name: bytes, pixels: np.ndarray) -> _Result | None:
        """The result for a known stamp or content, and the pixels; None if it is not known."""
        if found := self.known.find(name):
            entry, pixels[...], row = found
            return _Result(row["content"].tobytes(), int(row["key"]), entry=entry)
        if found := self.originals.find(name):
            _, original, row = found
            image = Image.fromarray(original[..., 0] if original.shape[2] == 1 else original)
            pixels[...] = np.array(resized(image, self.reading.shape[:2], self.reading.resize)).reshape(
                pixels.shape
            )
            return _Result(row["content"].tobytes(), int(row["key"]))
        return None

    def _decoded(self, file: Path, data: bytes | None) -> np.ndarray:
        size, mode = self.reading.shape[:2], "gray" if self.reading.shape[2] == 1 else "rgb"
        resize, white_level = self.reading.resize, self.reading.white_level
        if data is not None and data.startswith(START):
            image = read_jpeg(data, size, mode, resize, PIXEL_LIMIT)
            if image is not None:
                return image
        return open_image(file, size=size, mode=mode, resize=resize, white_level=white_level)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Limits PyTorch to one thread, as each thread that resizes an image would start further ones."""
    import torch  # takes longer than opening a folder from the cache, which does not need it

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def decode_files(
    files: Sequence[Path],
    stamps: Sequence[bytes],
    reading: Reading,
    known: KnownRows,
    originals: KnownRows,
    keep: Callable[[np.ndarray, np.ndarray], Any],
) -> list[tuple[int, str]]:
    """Decodes in threads (the decoders release the interpreter lock) and keeps good images in order.

    They are collected in memory first, since a new memory map costs a page fault for each of its pages.

    Args:
        files: the images.
        stamps: of the files.
        reading: how they are read.
        known: images that are decoded in this way already.
        originals: images that are decoded in the size of their files already, if that is exact.
        keep: takes images `(some, height, width, channels)`, valid until it returns, and their table.

    Returns:
        The indices of the files that cannot be used, with the reasons.
    """
    bad: list[tuple[int, str]] = []
    chunk_size = max(1, min(CHUNK, CHUNK_BYTES // math.prod(reading.shape)))
    pixels = np.empty((chunk_size, *reading.shape), np.uint8)
    decode, workers = _Decoder(reading, known, originals), os.cpu_count() or 1
    progress = step(f"decoding {len(files):,} images", len(files))
    with progress as decoding, _single_threaded(), ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(files), chunk_size):
            count = min(chunk_size, len(files) - start)
            results = [_Result()] * count

            def decode_every(first: int, start: int = start, results: list[_Result] = results) -> None:
                for index in range(first, len(results), workers):
                    results[index] = decode(files[start + index], stamps[start + index], pixels[index])

            # One task per thread: submitting image by image would cost as much as half an image.
            list(pool.map(decode_every, range(workers)))
            good = [index for index, result in enumerate(results) if not result.reason]
            chosen = pixels[:count] if len(good) == count else pixels[good]
            keep(chosen, _table(chosen, [(stamps[start + index], results[index]) for index in good]))
            bad += [(start + index, result.reason) for index, result in enumerate(results) if result.reason]
            for result in results:
                known.reused[result.entry] += 1
            decoding.advance(count)
    return bad


def _table(pixels: np.ndarray, results: Sequence[tuple[bytes, _Result]]) -> np.ndarray:
    rows = [
        (stamp, result.content, result.key, zlib.crc32(image))
        for (stamp, result), image in zip(results, pixels, strict=True)
    ]
    return np.array(rows, ROW)
