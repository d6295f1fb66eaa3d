"""`.npz` files, whose arrays are read once: parts of one kind lie one after the other in the same memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib import format as npy

__all__ = ["PART_WORDS", "read_npz", "shared_block"]

PART_WORDS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
BYTES_AT_ONCE = 2**20


def read_npz(archive: Any) -> dict[str, np.ndarray]:
    """All arrays by key.

    Args:
        archive: an open file, as returned by `numpy.load` with `allow_pickle=False`.

    Raises:
        ValueError: a damaged or truncated file, or one of pickled objects.
    """
    kinds: dict[Any, list[str]] = {}
    shapes = {}
    for key in archive.files:
        with archive.zip.open(_member(archive, key)) as file:
            header = _header(file)
        if header is None:
            continue
        shape, fortran, dtype = header
        size = math.prod(shape) * dtype.itemsize
        if size > (held := archive.zip.getinfo(_member(archive, key)).file_size):  # before it is allocated
            raise ValueError(f"{key} declares {size:,} bytes and has {held:,}")
        if len(shape) > 1 and min(shape) >= 0 and not fortran and not dtype.hasobject:
            kinds.setdefault((dtype, shape[1:]), []).append(key)
            shapes[key] = shape
    arrays = {}
    for (dtype, row), keys in kinds.items():
        keys.sort(key=_order)  # stable, as the parts are joined later
        block = np.empty((sum(shapes[key][0] for key in keys), *row), dtype)
        start = 0
        for key in keys:
            arrays[key] = block[start : start + shapes[key][0]]
            start += shapes[key][0]
            _fill(arrays[key], archive, key)
    return {key: arrays[key] if key in arrays else archive[key] for key in archive.files}


def shared_block(arrays: Sequence[np.ndarray]) -> np.ndarray | None:
    """The arrays `(items, ...)` as one, without a copy, if they fill a block one after the other."""
    block = arrays[0].base
    if not isinstance(block, np.ndarray) or not block.flags.c_contiguous:
        return None
    address = block.ctypes.data
    for array in arrays:
        alike = array.dtype == block.dtype and array.shape[1:] == arrays[0].shape[1:]
        if array.base is not block or not alike or not array.flags.c_contiguous:
            return None
        if array.size and array.ctypes.data != address:
            return None
        address += array.nbytes
    if address != block.ctypes.data + block.nbytes:
        return None
    return block.reshape(-1, *arrays[0].shape[1:])


def _order(key: str) -> int:
    """The place of a part among the parts, by the words in the key."""
    words = [any(word in key.lower() for word in words) for words in PART_WORDS.values()]
    return words.index(True) if any(words) else len(words)


def _member(archive: Any, key: str) -> str:
    return key if key in archive.zip.namelist() else f"{key}.npy"


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype] | None:
    """Shape, order and type; None for a member that is no array, or of an unknown version."""
    if file.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
        return None
    version = tuple(file.read(2))
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    return None if read is None else read(file)


def _fill(array: np.ndarray, archive: Any, key: str) -> None:
    """Reads a member into an array; the checksum of the archive is checked at its end."""
    target = array.reshape(-1).view(np.uint8).data
    with archive.zip.open(_member(archive, key)) as file:
        _header(file)
        done = 0
        while done < len(target):
            count = file.readinto(target[done : done + BYTES_AT_ONCE])
            if not count:
                raise ValueError(f"{key} ends after {done:,} of {len(target):,} bytes")
            done += count
        if file.read(1):
            raise ValueError(f"{key} holds more than its header declares")
