"""The image cache: every image decoded once into one memory-mapped uint8 array, looked up by the files' state.

The cache lies in `$HIBISCUS_CACHE`, else in `$XDG_CACHE_HOME/hibiscus`, else in `~/.cache/hibiscus`. Nothing is
ever written beside the person's own files. It may be deleted at any time.
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

from hibiscus.data.dataset import Skipped, digest
from hibiscus.data.images.decode import PIXEL_LIMIT, open_image
from hibiscus.data.images.jpeg import jpeg_bytes, read_jpeg
from hibiscus.errors import DataError

__all__ = ["cache_folder", "decode_images"]

Decoded = tuple[np.ndarray, np.ndarray, list[tuple[int, str]]]  # pixels, keys, and the bad ones with their reasons
CHUNK, CHUNK_BYTES = 512, 2**25  # most images, and most bytes of pixels, handed to the decoding threads at a time


def cache_folder() -> Path:
    """The folder of the cache; it need not exist yet."""
    chosen = os.environ.get("HIBISCUS_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hibiscus"


def _stamp(files: Sequence[Path], shape: tuple[int, int, int], resize: str) -> str:
    """What the cache is looked up by: every file's path, size, rights and time of change, and how it is brought to what shape."""
    state = hashlib.blake2b(f"5 {shape}{'' if resize == 'cover' else resize}".encode(), digest_size=16)
    for file in files:
        try:
            stat = file.stat()
            found = f"{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ino}\0{stat.st_mode}"
        except (OSError, ValueError):  # absent, or a name that no file can have: told when it is decoded
            found = "absent"
        state.update(f"{os.path.abspath(file)}\0{found}\n".encode(errors="surrogateescape"))
    return state.hexdigest()


def _decode_into(file: Path, pixels: np.ndarray, resize: str) -> tuple[int, str]:
    """One image into its place `(height, width, channels)`; returns the digest of its file and what was wrong with it."""
    height, width, channels = pixels.shape
    mode = "gray" if channels == 1 else "rgb"
    try:
        data = jpeg_bytes(file)  # read once, for the pixels and for the digest
        image = read_jpeg(data, (height, width), mode, resize, PIXEL_LIMIT) if data is not None else None
        if image is None:
            image = open_image(file, size=(height, width), mode=mode, resize=resize)
        key = digest(file.read_bytes() if data is None else data)
    except DataError as error:
        return 0, error.received
    except (OSError, ValueError) as error:
        return 0, f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})"
    pixels[...] = image.reshape(pixels.shape)
    return key, ""


def _decode_share(files: Sequence[Path], pixels: np.ndarray, found: list[tuple[int, str]], resize: str, step: int, first: int) -> None:
    """Every `step`-th image from the `first` on, each into its place."""
    for place in range(first, len(files), step):
        found[place] = _decode_into(files[place], pixels[place], resize)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """While it lasts, PyTorch divides no operation: threads that resize an image each would otherwise start more threads for each."""
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
    keep: Callable[[np.ndarray], Any],
    progress: Callable[[int, int], None] | None,
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """Decodes by threads (the decoders let go of the interpreter meanwhile), and hands on the good images some at a time, in order.

    They are gathered in memory first: a fresh map of a file would cost a fault for each of its pages.
    """
    keys: list[int] = []
    bad: list[tuple[int, str]] = []
    some = max(1, min(CHUNK, CHUNK_BYTES // math.prod(shape)))
    pixels = np.empty((some, *shape), np.uint8)
    workers = os.cpu_count() or 1
    with _single_threaded(), ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(files), some):
            chunk = files[start : start + some]
            found: list[tuple[int, str]] = [(0, "")] * len(chunk)
            # A share for each thread: handing over image by image would cost as much as half an image.
            list(pool.map(partial(_decode_share, chunk, pixels, found, resize, workers), range(workers)))
            good = [place for place, (_, reason) in enumerate(found) if not reason]
            keep(pixels[: len(chunk)] if len(good) == len(chunk) else pixels[good])
            keys += [found[place][0] for place in good]
            bad += [(start + place, reason) for place, (_, reason) in enumerate(found) if reason]
            if progress:
                progress(start + len(chunk), len(files))
    return np.array(keys + [0] * len(bad), np.uint64), bad


def _load(entry: Path, shape: tuple[int, ...]) -> Decoded | None:
    """An entry, or None where there is none or it is damaged."""
    try:
        bad = [(int(i), str(reason)) for i, reason in json.loads((entry / "facts.json").read_text())["bad"]]
        pixels = np.load(entry / "pixels.npy", mmap_mode="c", allow_pickle=False)
        keys = np.load(entry / "keys.npy", allow_pickle=False)
    except Exception:  # whatever is wrong with it, it is built anew
        return None
    sound = pixels.shape == shape and pixels.dtype == np.uint8 and keys.shape == shape[:1] and keys.dtype == np.uint64
    return (pixels, keys, bad) if sound else None


def _build(
    entry: Path, files: Sequence[Path], shape: tuple[int, int, int], resize: str, progress: Callable[[int, int], None] | None
) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    needed = len(files) * math.prod(shape)
    if shutil.disk_usage(entry.parent).free < needed:  # a memory map on a full disk kills the process
        raise OSError(f"no room for {needed:,} bytes")
    with tempfile.TemporaryDirectory(dir=entry.parent, prefix="building-") as building:
        work = Path(building) / "entry"
        work.mkdir()
        with open(work / "pixels.npy", "wb") as file:
            np.lib.format.write_array_header_2_0(file, {"descr": "|u1", "fortran_order": False, "shape": (len(files), *shape)})
            keys, bad = _decode_all(files, shape, resize, lambda pixels: file.write(pixels.data), progress)
            file.truncate(file.tell() + len(bad) * math.prod(shape))
        np.save(work / "keys.npy", keys, allow_pickle=False)
        (work / "facts.json").write_text(json.dumps({"bad": bad}))
        try:
            work.rename(entry)
        except OSError:
            if _load(entry, (len(files), *shape)) is None:  # else another process was quicker; its entry is the same
                shutil.rmtree(entry, ignore_errors=True)
                work.rename(entry)


def decode_images(
    files: Sequence[Path],
    shape: tuple[int, int, int],
    progress: Callable[[int, int], None] | None = None,
    resize: str = "cover",
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Skipped]]:
    """Decodes image files to one size, once.

    Args:
        files: the images.
        shape: `(height, width, channels)` of the result; channels 1 (grey) or 3 (RGB).
        progress: called with how many are done and how many there are.
        resize: `cover` scales the short side and cuts out the centre; `squash` keeps all of the image, its sides scaled each by itself.

    Returns:
        The pixels of the good files, uint8 `(good, height, width, channels)`, memory-mapped; their digests, uint64
        `(good,)`; their indices among the files; and the bad ones with their reasons.
    """
    entry = cache_folder() / "images" / _stamp(files, shape, resize)
    whole = (len(files), *shape)
    found = _load(entry, whole)
    if found is None:
        try:
            _build(entry, files, shape, resize, progress)
            found = _load(entry, whole)
        except OSError:  # no room, or no right to write: work from memory instead
            found = None
    if found is None:
        chunks: list[np.ndarray] = []
        keys, bad = _decode_all(files, shape, resize, lambda pixels: chunks.append(pixels.copy()), progress)
        found = (np.concatenate(chunks) if chunks else np.zeros((0, *shape), np.uint8), keys, bad)
    pixels, keys, bad = found
    wrong = {index for index, _ in bad}
    good = np.array([i for i in range(len(files)) if i not in wrong], np.int64)
    return pixels[: len(good)], keys[: len(good)], good, [Skipped(str(files[i]), reason) for i, reason in bad]
