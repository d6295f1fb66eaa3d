"""The image cache: images are decoded once, into a memory-mapped array found by the state of the files.

Nothing is ever written to the user's data folders. `disk_cache` says where the cache is and limits its size.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hibiscus.data.dataset import Skipped
from hibiscus.data.disk_cache import cache_folder, mark_used, trim_cache
from hibiscus.data.images.decode import PIXEL_LIMIT, open_image
from hibiscus.data.images.jpeg import jpeg_bytes, read_jpeg
from hibiscus.data.keys import digest
from hibiscus.errors import DataError
from hibiscus.progress import step

__all__ = ["decode_images"]

Decoded = tuple[
    np.ndarray, np.ndarray, list[tuple[int, str]]
]  # pixels, keys, and the bad files with their reasons
CHUNK, CHUNK_BYTES = 512, 2**25  # the largest number of images, and of bytes of pixels, decoded at a time


def _stamp(files: Sequence[Path], shape: tuple[int, int, int], resize: str, white_level: float | None) -> str:
    """The key of an entry: path, size, permissions and times of the files, and how they are read.

    The time of the last change of the inode is part of it, as a copy may keep the modification time.
    """
    state = hashlib.blake2b(f"6 {shape} {resize} {white_level}".encode(), digest_size=16)
    for file in files:
        try:
            stat = file.stat()
            state_of_file = (
                f"{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ctime_ns}\0{stat.st_ino}\0{stat.st_mode}"
            )
        except (OSError, ValueError):  # missing, or an invalid file name: reported when it is decoded
            state_of_file = "absent"
        state.update(f"{os.path.abspath(file)}\0{state_of_file}\n".encode(errors="surrogateescape"))
    return state.hexdigest()


def _decode_into(file: Path, pixels: np.ndarray, resize: str, white_level: float | None) -> tuple[int, str]:
    """Decodes one image into `(height, width, channels)`; returns the digest of its file and any error."""
    height, width, channels = pixels.shape
    mode = "gray" if channels == 1 else "rgb"
    try:
        data = jpeg_bytes(file)  # read once, for both the pixels and the digest
        image = read_jpeg(data, (height, width), mode, resize, PIXEL_LIMIT) if data is not None else None
        if image is None:
            image = open_image(file, size=(height, width), mode=mode, resize=resize, white_level=white_level)
        key = digest(file.read_bytes() if data is None else data)
    except DataError as error:
        return 0, error.received
    except (OSError, ValueError) as error:
        return 0, f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})"
    pixels[...] = image.reshape(pixels.shape)
    return key, ""


def _decode_every(
    files: Sequence[Path],
    pixels: np.ndarray,
    results: list[tuple[int, str]],
    resize: str,
    white_level: float | None,
    step: int,
    first: int,
) -> None:
    """Decodes every `step`-th image, starting from the `first`."""
    for index in range(first, len(files), step):
        results[index] = _decode_into(files[index], pixels[index], resize, white_level)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Limits PyTorch to one thread, as each thread that resizes an image would start further ones."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _decode_all(
    files: Sequence[Path],
    shape: tuple[int, int, int],
    resize: str,
    white_level: float | None,
    keep: Callable[[np.ndarray], Any],
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """Decodes in threads (the decoders release the interpreter lock) and keeps good images in order.

    They are collected in memory first, since a new memory map costs a page fault for each of its pages.
    """
    keys: list[int] = []
    bad: list[tuple[int, str]] = []
    chunk_size = max(1, min(CHUNK, CHUNK_BYTES // math.prod(shape)))
    pixels = np.empty((chunk_size, *shape), np.uint8)
    workers = os.cpu_count() or 1
    decoding = step(f"decoding {len(files):,} images", len(files))
    with decoding as progress, _single_threaded(), ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(files), chunk_size):
            chunk = files[start : start + chunk_size]
            results: list[tuple[int, str]] = [(0, "")] * len(chunk)
            # One task per thread: submitting image by image would cost as much as half an image.
            task = partial(_decode_every, chunk, pixels, results, resize, white_level, workers)
            list(pool.map(task, range(workers)))
            good = [index for index, (_, reason) in enumerate(results) if not reason]
            keep(pixels[: len(chunk)] if len(good) == len(chunk) else pixels[good])
            keys += [results[index][0] for index in good]
            bad += [(start + index, reason) for index, (_, reason) in enumerate(results) if reason]
            progress.advance(len(chunk))
    return np.array(keys + [0] * len(bad), np.uint64), bad


def _load(entry: Path, shape: tuple[int, ...]) -> Decoded | None:
    """A cache entry, or None if there is none or it is damaged."""
    try:
        bad = [(int(i), str(reason)) for i, reason in json.loads((entry / "info.json").read_text())["bad"]]
        pixels = np.load(entry / "pixels.npy", mmap_mode="c", allow_pickle=False)
        keys = np.load(entry / "keys.npy", allow_pickle=False)
    except Exception:  # whatever is wrong with it, the entry is rebuilt
        return None
    is_valid = (
        pixels.shape == shape
        and pixels.dtype == np.uint8
        and keys.shape == shape[:1]
        and keys.dtype == np.uint64
    )
    return (pixels, keys, bad) if is_valid else None


def _build(
    entry: Path,
    files: Sequence[Path],
    shape: tuple[int, int, int],
    resize: str,
    white_level: float | None,
) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    needed = len(files) * math.prod(shape)
    if shutil.disk_usage(entry.parent).free < needed:  # a memory map on a full disk kills the process
        raise OSError(f"not enough space for {needed:,} bytes")
    with tempfile.TemporaryDirectory(dir=entry.parent, prefix="building-") as building:
        work = Path(building) / "entry"
        work.mkdir()
        with open(work / "pixels.npy", "wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": (len(files), *shape)}
            np.lib.format.write_array_header_2_0(file, header)
            keys, bad = _decode_all(files, shape, resize, white_level, lambda pixels: file.write(pixels.data))
            file.truncate(file.tell() + len(bad) * math.prod(shape))
        np.save(work / "keys.npy", keys, allow_pickle=False)
        (work / "info.json").write_text(json.dumps({"bad": bad}))
        try:
            work.rename(entry)
        except OSError:
            if (
                _load(entry, (len(files), *shape)) is None
            ):  # otherwise another process was faster; its entry is the same
                shutil.rmtree(entry, ignore_errors=True)
                work.rename(entry)


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
    entry = cache_folder() / "images" / _stamp(files, shape, resize, white_level)
    whole = (len(files), *shape)
    decoded = _load(entry, whole)
    mark_used(entry)
    if decoded is None:
        try:
            _build(entry, files, shape, resize, white_level)
            decoded = _load(entry, whole)
            trim_cache()
        except OSError:  # no space, or no permission to write: decode into memory instead
            decoded = None
    if decoded is None:
        chunks: list[np.ndarray] = []
        keys, bad = _decode_all(
            files, shape, resize, white_level, lambda pixels: chunks.append(pixels.copy())
        )
        decoded = (np.concatenate(chunks) if chunks else np.zeros((0, *shape), np.uint8), keys, bad)
    pixels, keys, bad = decoded
    wrong = {index for index, _ in bad}
    good = np.array([i for i in range(len(files)) if i not in wrong], np.int64)
    return pixels[: len(good)], keys[: len(good)], good, [Skipped(str(files[i]), reason) for i, reason in bad]
