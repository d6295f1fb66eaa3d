"""Keys of items: digests of their content, which are equal on every machine."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from hibiscus.data.tables.columns import as_texts
from hibiscus.data.tables.missing import LOOSE_MISSING

__all__ = ["content_keys", "digest", "frame_keys"]


def digest(content: bytes) -> int:
    """A 64-bit digest (BLAKE2b) of bytes, equal on every machine."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def content_keys(array: np.ndarray) -> np.ndarray:
    """The digest of each item of an array `(items, ...)`, as uint64 `(items,)`."""
    rows = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    return np.fromiter((digest(row.tobytes()) for row in rows), dtype=np.uint64, count=len(rows))


def frame_keys(frame: Any) -> np.ndarray:
    """The digest of each row of a DataFrame, independent of column order and other rows.

    A single missing or unusual value changes how pandas reads its whole column (1 becomes 1.0 or "1"), so
    values are normalized first. Returns uint64 `(rows,)`.
    """
    order = np.argsort(np.array([str(name) for name in frame.columns]), kind="stable")
    columns = [_normalized(frame.iloc[:, index]) for index in order]
    return np.fromiter(
        (digest("\x1f".join(row).encode(errors="surrogateescape")) for row in zip(*columns, strict=True)),
        np.uint64,
        len(frame),
    )


def _normalized(column: Any) -> list[str]:
    """The values of a column as strings, with one spelling for equal numbers and for missing values."""
    texts = as_texts(column).tolist()
    known: dict[Any, str] = {None: ""}
    for text in set(texts) - {None}:
        if text in LOOSE_MISSING:
            known[text] = ""
        elif text.lower() in ("true", "false"):
            known[text] = text.lower()
        else:
            try:
                known[text] = repr(float(text))
            except ValueError:
                known[text] = text
    return [known[text] for text in texts]
