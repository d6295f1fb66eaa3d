"""The lines of `log.jsonl`: each has a digest of itself and of all lines before it.

A line that was changed, removed or moved no longer fits, and neither does any line after it. The last line
may be incomplete, since the process that wrote it may have been killed.
"""

from __future__ import annotations

from typing import Any

from hibiscus.json_files import DIGEST, line_digest, parse_json

__all__ = ["LogLines", "wrong_number"]

NUMBERS = ("epoch", "round", "stage", "seconds", "items_per_second")  # besides the terms, as `val/loss`
LARGEST = 2**63  # of a whole number


class LogLines:
    """The lines of a log up to the first that is damaged.

    Args:
        text: of the file.
        expected: the digest of a line that must be there, as `run.json` records it for the last line.

    Attributes:
        lines: in their order, without their digests.
        digest: that of the last line; lines of older versions have none, and count all the same.
        incomplete: whether the text ends within a line, which is left out.
        fault: what is damaged, such as `line 7 was changed`; empty if nothing is.
    """

    def __init__(self, text: str, expected: str | None = None):
        self.lines: list[dict[str, Any]] = []
        self.digest, self.fault = "", ""
        has_digests, found = False, expected is None
        *rows, rest = text.split("\n")
        self.incomplete = bool(rest.strip())
        for number, row in enumerate(rows, 1):
            if not row.strip():
                continue
            try:
                line = parse_json(row)
            except ValueError:
                line = None
            if not isinstance(line, dict) or not isinstance(line.get("event"), str):
                self.fault = f"line {number} cannot be read"
                return
            digest = line.pop(DIGEST, None)
            self.digest = line_digest(line, self.digest)
            has_digests = has_digests or digest is not None
            if has_digests and digest != self.digest:
                self.fault = f"line {number}, or one before it, was changed or removed"
                return
            found = found or digest == expected
            self.lines.append(line)
        if not found:
            self.fault = "the last lines are missing"


def wrong_number(lines: list[dict[str, Any]]) -> str:
    """Which line has another type where a number belongs, or an empty text."""
    for number, line in enumerate(lines, 1):
        for name, value in line.items():
            if (name in NUMBERS or "/" in name) and not _is_number(value):
                return f"{name[:60]} in line {number} is not a number"
    return ""


def _is_number(value: Any) -> bool:
    if value is None or isinstance(value, float):
        return True
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST
