"""Files of text: read within limits, with their encoding; what is no text is refused by its name."""

from __future__ import annotations

import gzip
import os
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hibiscus.data.encoding import decode_counted
from hibiscus.data.memory_limit import check_memory, read_within
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["MEMORY", "TextFile", "encoding_notes", "read_text_file", "text_lines"]

MEMORY = 12  # bytes for each byte of text, which becomes a character, a part of a token, and its number
SAMPLE = 2**16  # characters at the beginning, in the middle and at the end that are searched
MAX_CONTROL = 0.01  # of these characters
CONTROL = dict.fromkeys(code for code in range(32) if chr(code) not in "\t\n\v\f\r\x1a\x1b")
MAX_FILES = 3  # that a note names


@dataclass(frozen=True)
class TextFile:
    """The text of a file.

    Args:
        path: the file.
        text: its content; line ends are newlines.
        encoding: from which it was decoded.
        replaced: places that are not valid in this encoding, and are read as U+FFFD.
    """

    path: Path
    text: str
    encoding: str
    replaced: int = 0


def read_text_file(path: Path, encoding: str | None = None) -> TextFile:
    """Reads a text, which may be compressed as `.gz`.

    Args:
        path: the file.
        encoding: UTF-8, UTF-16, otherwise Windows-1252 by default.

    Raises:
        DataError: it cannot be read, is no text, or too large for the memory.
    """
    try:
        with path.open("rb") as file:
            stored, zipped = os.fstat(file.fileno()).st_size, file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if zipped:
                data = read_within(gzip.GzipFile(fileobj=file), path, stored=stored, factor=MEMORY)
            else:
                check_memory(path, stored, factor=MEMORY)
                data = file.read(stored)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path}: cannot be read ({reason})", "a readable file", "check it") from None
    text, found, replaced = decode_counted(data, encoding)
    reason = _no_text(text)
    if reason:
        raise DataError(f"{path}: not a text ({reason})", "a text file", "remove it, or save it as UTF-8")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return TextFile(path, text, found, replaced)


def _no_text(text: str) -> str:
    """Why a decoded file is no text; empty if it is one."""
    if "\0" in text:
        return "it contains null characters"
    middle = len(text) // 2
    sample = text if len(text) <= 3 * SAMPLE else text[:SAMPLE] + text[middle:][:SAMPLE] + text[-SAMPLE:]
    control = len(sample) - len(sample.translate(CONTROL))
    if control > MAX_CONTROL * len(sample):
        return f"{control:,} of {len(sample):,} characters are control characters"
    return ""


def text_lines(text: str) -> list[str]:
    """The lines of a text without the newlines; no other character ends one."""
    lines = text.split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def encoding_notes(files: Iterable[TextFile]) -> list[str]:
    """Notes on the encodings that are not UTF-8, and on damaged places."""
    files = list(files)
    counts = Counter(file.encoding for file in files)
    notes = []
    for encoding, count in counts.items():
        if encoding != "UTF-8":
            are = plural(count, "file is", "files are") if len(files) > 1 else "the file is"
            notes.append(f"{are} not UTF-8 and read as {encoding}; encoding= names another")
    damaged = [file for file in files if file.replaced]
    for file in damaged[:MAX_FILES]:
        where = f"{file.path.name}: " if len(files) > 1 else ""
        places = plural(file.replaced, "place is", "places are")
        notes.append(f"{where}{places} not valid {file.encoding} and read as U+FFFD")
    if len(damaged) > MAX_FILES:
        notes.append(f"so are places in {plural(len(damaged) - MAX_FILES, 'more file')}")
    return notes
