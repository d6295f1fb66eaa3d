"""Text on the terminal and in logs. No terminal, log or closed pipe can make a command fail.

What a stream cannot encode is replaced, control characters are shown as escapes, and if nobody reads a stream
any more (a closed terminal or pipe), further text for it is discarded.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
import unicodedata
from typing import TextIO

__all__ = [
    "columns_of",
    "is_terminal",
    "shorten",
    "supports_escapes",
    "terminal_width",
    "visible",
    "write",
    "write_result",
]

LOST = {errno.EIO, errno.EPIPE, errno.ENXIO, errno.EBADF, errno.ESHUTDOWN}  # nobody reads the stream any more
# In names, they could control the terminal, or show the text in another order or on another line.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
CLEAR = "\r\033[K"  # to the start of the line, which is cleared


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; one that is closed, or that the process does not have, is none."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def supports_escapes(stream: TextIO | None = None) -> bool:
    """Whether a line of the stream, by default of standard error, can be overwritten: on a terminal that is
    not `TERM=dumb`.
    """
    terminal = is_terminal(sys.stderr if stream is None else stream)
    return terminal and (os.name == "nt" or os.environ.get("TERM", "dumb") not in ("", "dumb"))


def terminal_width(default: int = 80) -> int:
    """The columns of the terminal that standard error is."""
    try:
        columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size(sys.stderr.fileno()).columns
    except (AttributeError, OSError, ValueError):
        return default
    return columns or default


def visible(text: str) -> str:
    r"""The text with escapes such as `\u001b`, which JSON reads as well, for its control characters.

    Tabs and line breaks stay as they are.
    """
    return CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def write(text: str, clear: bool = False) -> None:
    """Writes a message to standard error; whatever happens there, it raises nothing.

    Args:
        text: with its line ends.
        clear: overwrite the current line of the terminal.
    """
    with contextlib.suppress(OSError):  # for example a log on a full disk
        _write(sys.stderr, text, clear)


def write_result(text: str) -> None:
    """Writes a line to standard output.

    Raises:
        OSError: it cannot be written, for example to a file on a full disk. A closed pipe or terminal is no
            error.
    """
    _write(sys.stdout, text + "\n", False)


def _write(stream: TextIO | None, text: str, clear: bool) -> None:
    if stream is None:  # as under pythonw
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    shown = visible(text).encode(encoding, "replace").decode(encoding)
    try:
        stream.write((CLEAR if clear else "") + shown)
        stream.flush()
    except ValueError:  # closed by this process
        return
    except OSError as error:
        _discard(stream)
        if error.errno not in LOST:
            raise


def _discard(stream: TextIO) -> None:
    """Connects a stream to the null device, so that no later write to it fails, not even that at exit."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()


def columns_of(text: str) -> int:
    """The columns of a text on a terminal: East Asian characters take two, combining accents none."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shorten(text: str, width: int) -> str:
    """The beginning of a text that fits into `width` columns."""
    used = 0
    for index, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return text[:index]
    return text
