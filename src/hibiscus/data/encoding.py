"""The encoding of text files, detected from their bytes."""

from __future__ import annotations

import codecs
import re

from hibiscus.errors import ConfigError

__all__ = ["check_encoding", "decode_bytes", "decode_counted", "valid_unicode"]

BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
SAMPLE = 4096
FEW = 0.5  # invalid bytes for each character of several bytes, up to which a text is damaged UTF-8
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def decode_bytes(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8, UTF-16, otherwise Windows-1252 or Latin-1.

    UTF-16 without a byte order mark is recognized by the zero bytes beside Western letters.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding.upper()
    head = data[:SAMPLE]
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 3 and head[start::2].count(0) > 0.4 * len(head) and not head[1 - start :: 2].count(0):
            return data.decode(encoding, errors="replace"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1"


def decode_counted(data: bytes, encoding: str | None = None) -> tuple[str, str, int]:
    """The text of a file, its encoding, and the number of places that are read as U+FFFD.

    As `decode_bytes`, but a text in UTF-8 with few damaged places is read as such: read as Windows-1252, all
    its other letters would be wrong.

    Args:
        data: the content of the file.
        encoding: as the user names it; detected by default.
    """
    if encoding is not None:
        text = data.decode(encoding, errors="replace")
        return text.removeprefix("\N{BYTE ORDER MARK}"), encoding.upper(), text.count(REPLACEMENT)
    text, detected = decode_bytes(data)
    if detected in ("UTF-8", "Windows-1252", "Latin-1"):
        read = data.decode("utf-8-sig", errors="replace")
        damaged = read.count(REPLACEMENT) if detected != "UTF-8" else 0
        others = len(re.findall(r"[^\0-\x7f\ufffd]", read)) if damaged else 0
        return (text, detected, 0) if damaged > FEW * others else (read, "UTF-8", damaged)
    return text, detected, text.count(REPLACEMENT)


def check_encoding(encoding: str) -> str:
    """The name of an encoding if it is one.

    Raises:
        ConfigError: it is none of text.
    """
    try:
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        expected = "the name of an encoding, such as utf-8, cp1251, shift-jis or gb18030"
        raise ConfigError(f"encoding={encoding}", expected, "leave it out to detect it") from None


def valid_unicode(text: str) -> str:
    r"""The text with lone halves of surrogate pairs, as JSON can hold them, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
