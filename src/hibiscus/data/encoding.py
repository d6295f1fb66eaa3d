"""The encoding of text files, detected from their bytes."""

from __future__ import annotations

__all__ = ["decode_bytes"]

BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
SAMPLE = 4096


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
