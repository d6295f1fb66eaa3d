"""IDX, the format of MNIST: single files, and folders of images and labels."""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from pathlib import Path

import numpy as np

from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError

__all__ = ["is_idx", "read_idx", "read_idx_folder"]

IDX_TYPES = {8: np.uint8, 9: np.int8, 11: np.int16, 12: np.int32, 13: np.float32, 14: np.float64}
DEFLATE_RATIO = 1032  # bytes that a byte of a .gz file decompresses to at most
READING = 2  # bytes of memory for each byte of data, which is copied into the byte order of the machine


def is_idx(path: Path) -> bool:
    """Whether a name is that of an IDX file, compressed or not (`train-images-idx3-ubyte.gz`)."""
    return (
        bool(re.search(r"[-.]idx\d-(ubyte|byte|short|int|float|double)(\.gz)?$", path.name))
        or path.suffix == ".idx"
    )


def read_idx(path: Path) -> np.ndarray:
    """Reads one IDX file, gzipped or plain.

    Raises:
        DataError: not IDX, truncated, too large for the memory, or its length does not match its header.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            zeros, kind, rank = struct.unpack(">HBB", file.read(4))
            if zeros or kind not in IDX_TYPES:
                raise ValueError("it does not start like an IDX file")
            shape = struct.unpack(f">{rank}I", file.read(4 * rank))
            dtype = np.dtype(IDX_TYPES[kind]).newbyteorder(">")
            size = math.prod(shape) * dtype.itemsize
            stored = path.stat().st_size
            if size > stored * (
                DEFLATE_RATIO if path.suffix == ".gz" else 1
            ):  # no memory for what is not there
                raise ValueError(f"its header declares {size:,} bytes of data, but the file has {stored:,}")
            check_memory(path, size, stored=stored, factor=READING)
            raw = file.read(size + 1)  # never more than declared, however much a small .gz decompresses to
        if len(raw) != size:
            actual = "more" if len(raw) > size else f"{len(raw):,}"
            raise ValueError(f"its header declares {size:,} bytes of data, but there are {actual}")
        return np.frombuffer(raw, dtype).reshape(shape).astype(dtype.newbyteorder("="))
    except (EOFError, zlib.error, OSError, ValueError, struct.error) as error:
        expected = "a complete IDX file, plain or .gz"
        raise DataError(f"{path}: cannot be read as IDX ({error})", expected, "download it again") from None


def read_idx_folder(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Reads a folder of IDX files: `train-images…` with `train-labels…`, and possibly `t10k-…` or `test-…`.

    Raises:
        DataError: no training images, or two files for the same array.
    """
    files: dict[tuple[str, str], Path] = {}
    for file in sorted(path for path in folder.iterdir() if is_idx(path)):
        match = re.search(r"(?:^|[-_.])(t10k|test|val)", file.name)
        part = "train" if match is None else "val" if match[1] == "val" else "test"
        slot = (part, "label" if "label" in file.name else "image")
        if slot in files and files[slot].name.removesuffix(".gz") != file.name.removesuffix(".gz"):
            received = f"{folder}: {files[slot].name} and {file.name} are both {slot[0]} {slot[1]}s"
            raise DataError(received, "one dataset", "put each dataset in a folder of its own")
        files.setdefault(slot, file)  # the uncompressed one, if there are both
    for part, kind in (("train", "image"), *((part, "image") for part, kind in files if kind == "label")):
        if (part, kind) not in files:
            received, expected = (
                f"{folder}: IDX files without {part} images",
                f"{part}-images-idx3-ubyte(.gz)",
            )
            raise DataError(received, expected, f"add the {part} images")
    parts: dict[str, dict[str, np.ndarray]] = {}
    for (part, kind), file in files.items():
        parts.setdefault(part, {})[kind] = read_idx(file)
    return {part: parts[part] for part in ("train", "val", "test") if part in parts}
