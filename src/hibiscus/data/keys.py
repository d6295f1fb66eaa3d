"""Keys of items: digests of their content, which are equal on every machine."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from hibiscus.data.tables.columns import coded_texts
from hibiscus.data.tables.missing import LOOSE_MISSING
from hibiscus.data.tables.text_forms import has_digits

__all__ = ["content_keys", "digest", "digests", "frame_keys"]

ROWS = 2**16  # of a table, hashed at a time


def digest(content: bytes) -> int:
    """A 64-bit digest (BLAKE2b) of bytes, equal on every machine."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def digests(contents: Iterable[bytes | memoryview]) -> np.ndarray:
    """The `digest` of each content, as uint64 `(contents,)`."""
    joined = b"".join(hashlib.blake2b(content, digest_size=8).digest() for content in contents)
    return np.frombuffer(joined, "<u8").astype(np.uint64)


def content_keys(array: np.ndarray) -> np.ndarray:
    """The digest of each item of an array `(items, ...)`, as uint64 `(items,)`."""
    rows = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    return digests(row.tobytes() for row in rows)


def frame_keys(frame: Any) -> np.ndarray:
    """The digest of each row of a DataFrame, independent of column order and other rows.

    A single missing or unusual value changes how pandas reads its whole column (1 becomes 1.0 or "1"), so
    values are normalized first, each distinct one once. Returns uint64 `(rows,)`.
    """
    import pyarrow as pa
    import pyarrow.compute

    pc: Any = pyarrow.compute
    order = np.argsort(np.array([str(name) for name in frame.columns]), kind="stable")
    columns = [_normalized(frame.iloc[:, index]) for index in order]
    separator, keys = pa.scalar(b"\x1f", pa.large_binary()), [np.zeros(0, np.uint64)]
    for start in range(0, len(frame), ROWS):
        fields = [texts.take(pa.array(codes[start : start + ROWS])) for texts, codes in columns]
        _, offsets, content = pc.binary_join_element_wise(*fields, separator).buffers()
        ends = np.frombuffer(offsets, np.int64)[: len(fields[0]) + 1].tolist()
        rows = memoryview(content or b"")
        keys.append(digests(rows[first:last] for first, last in pairwise(ends)))
    return np.concatenate(keys)


def _normalized(column: Any) -> tuple[Any, np.ndarray]:
    """The distinct values of a column as an Arrow array of bytes, and the index of each row's value.

    Equal numbers have one spelling, and so have missing values.
    """
    import pyarrow as pa

    uniques, codes = coded_texts(column)
    texts = [text.encode(errors="surrogateescape") for text in _spellings(uniques)]
    return pa.array([*texts, b""], pa.large_binary()), np.where(codes < 0, len(texts), codes)


def _spellings(texts: list[str]) -> list[str]:
    if LOOSE_MISSING.isdisjoint(texts):
        with contextlib.suppress(ValueError):  # not all of them are numbers
            return list(map(repr, map(float, texts)))
    if not has_digits(texts):  # the longest other number is -infinity
        return [text if len(text) > 9 else _spelling(text) for text in texts]
    return list(map(_spelling, texts))


def _spelling(text: str) -> str:
    if text in LOOSE_MISSING:
        return ""
    if text.lower() in ("true", "false"):
        return text.lower()
    try:
        return repr(float(text))
    except ValueError:
        return text
