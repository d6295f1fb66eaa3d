"""JSON files of a run: read within limits, and with a digest by which a change of their content shows.

The digest is of the values, not of the bytes: another indentation is the same content, and another order of
the keys is not, since the order of classes and columns has a meaning.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

__all__ = [
    "CHECKED_BY_CHECKPOINT",
    "DIGEST",
    "DIGESTS_SINCE",
    "content_digest",
    "line_digest",
    "parse_json",
    "read_json",
    "read_limited",
    "with_digest",
    "without_digest",
]

DIGEST = "digest"  # the key that holds the digest of the other entries
CHECKED_BY_CHECKPOINT = ("preparation.json", "split.json")  # whose digests the checkpoints hold
DIGESTS_SINCE = 4  # the format of run folders from which every file has one
LARGEST = 64 * 2**20  # bytes of one file; a value in memory takes up to twenty times its text
LARGEST_LIST = 512 * 2**20  # bytes of the files whose length is that of the data or of the training
LISTS = ("split.json", "log.jsonl")


def read_limited(path: Path, largest: int | None = None) -> str:
    """The text of a regular file that is not too large.

    Args:
        path: the file.
        largest: in bytes; by default what a file of this name may have.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no regular file, too large, or not UTF-8.
    """
    limit = (LARGEST_LIST if path.name in LISTS else LARGEST) if largest is None else largest
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe must not wait
    with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise ValueError("not a regular file")
        if about.st_size > limit:
            raise ValueError(f"{about.st_size / 2**20:,.0f} MB, more than {limit / 2**20:,.0f} MB")
        return file.read(limit).decode("utf-8")


def parse_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is not valid, nested too deeply, or has a key twice in one object.
    """
    try:
        return json.loads(text, object_pairs_hook=_distinct)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:60]!r} stands twice in one object")
            seen.add(key)
    return content


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no regular file, too large, or not valid JSON.
    """
    return parse_json(read_limited(path))


def content_digest(content: Any) -> str:
    """The digest of a JSON value, the same before it is written and after it is read; 32 characters."""
    return _digest(content, size=16)


def line_digest(line: dict[str, Any], previous: str) -> str:
    """The digest of a line of a log and, by that of the line before it, of all lines before; 16 characters.

    Args:
        line: its content, without a digest.
        previous: the digest of the line before; empty for the first.
    """
    return _digest([previous, line], size=8)


def _digest(content: Any, size: int) -> str:
    text = json.dumps(content, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def with_digest(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a file as it is written: with its digest."""
    rest = {key: value for key, value in content.items() if key != DIGEST}
    return {**rest, DIGEST: content_digest(rest)}


def without_digest(content: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The content of a file without its digest, and whether it is as it was written.

    Files of formats without digests count as unchanged.
    """
    rest = {key: value for key, value in content.items() if key != DIGEST}
    if DIGEST in content:
        return rest, content[DIGEST] == content_digest(rest)
    version = content.get("format", 1)
    return rest, isinstance(version, int) and version < DIGESTS_SINCE
