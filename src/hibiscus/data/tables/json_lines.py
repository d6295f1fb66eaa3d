"""JSON Lines, and JSON lists of objects, as tables of text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hibiscus.data.encoding import valid_unicode
from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["JSON_LINES", "parse_json_lines", "read_json_lines"]

CELL = 64  # bytes of memory for each cell of the table
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # an escape that stands for half a character
JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


def read_json_lines(path: Path, text: str) -> tuple[list[str], list[list[str]], list[str]]:
    """The columns, the rows as text, and notes; a key that an object lacks is a missing value.

    Lists of names or of whole numbers, such as several labels, are kept as JSON.

    Raises:
        DataError: a line that is not a JSON object; the message gives its number.
    """
    records = parse_json_lines(path, text)
    names = list(dict.fromkeys(str(key) for record in records for key in record))
    # Every record may have keys of its own; the table then has far more cells than the file has values.
    check_memory(path, CELL * len(names) * len(records), stored=len(text))
    lists = {name for record in records for name, value in record.items() if _is_nested(value)}
    nested, kept = [name for name in names if name in lists], [name for name in names if name not in lists]
    notes = [f"column '{name}' left out: it contains lists or objects" for name in nested]
    rows = [[_text(record.get(name)) for name in kept] for record in records]
    if SURROGATE.search(text):
        rows, damaged = _repaired(rows)
        notes += [f"{plural(damaged, 'value')} with half a character, read as U+FFFD"] if damaged else []
    return [valid_unicode(name) for name in kept], rows, notes


def _repaired(rows: list[list[str]]) -> tuple[list[list[str]], int]:
    """The rows with lone halves of surrogate pairs replaced, and the number of values that had any."""
    repaired = [[valid_unicode(value) for value in row] for row in rows]
    pairs = zip(rows, repaired, strict=True)
    return repaired, sum(one != other for row, new in pairs for one, other in zip(row, new, strict=True))


def parse_json_lines(path: Path, text: str) -> list[dict[str, Any]]:
    """The objects of a file, one on each line, or all in one list.

    Raises:
        DataError: a line that is not a JSON object.
    """
    if text.lstrip().startswith("["):
        lines = [(1, text)]
    else:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    records: list[dict[str, Any]] = []
    for number, line in lines:
        try:
            # Numbers keep their spelling, so that 1.10 is not read as 1.1.
            value = json.loads(line, parse_float=_Spelled, parse_int=_Spelled)
        except (ValueError, RecursionError) as error:
            received = f"{path}, line {number}: {error}"
            raise DataError(received, "one JSON object on each line", "correct the line") from None
        for record in value if isinstance(value, list) else [value]:
            if not isinstance(record, dict):
                received = f"{path}, line {number}: {str(record)[:60]} is not an object"
                raise DataError(received, 'one JSON object on each line, {"x": 1}', "correct the line")
            records.append(record)
    return records


class _Spelled(str):
    """A number as it is written in the file."""


def _is_nested(value: Any) -> bool:
    """Whether a value is an object or a list, other than one of names or of whole numbers."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return any(re.fullmatch(r"-?\d+(\.\d*)?([eE].*)?", entry) and not entry.isdigit() for entry in value)
    return isinstance(value, dict | list)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()
