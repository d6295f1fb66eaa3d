"""Files that look like annotations but were not read, for the message that refuses data without them."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from hibiscus.data.boxes.annotation_records import annotation_files, peek

__all__ = ["passed_over"]

ENDINGS = (".xml", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".yaml", ".yml", ".mat", ".parquet", ".xlsx")
MAX_FILES, MAX_NAMED, MAX_KEYS = 1000, 4, 6
TEXT = (".csv", ".tsv", ".txt", ".yaml", ".yml")


def passed_over(path: Path) -> str:
    """A sentence that names files that look like annotations, with what they hold; `""` if there are none."""
    try:
        folder = path if path.is_dir() else path.parent
        files = list(islice(annotation_files(folder, ENDINGS), MAX_FILES))
        named = "; ".join(f"{file.relative_to(folder)} ({_content(file)})" for file in files[:MAX_NAMED])
    except (OSError, ValueError):  # no permission, a null byte
        return ""
    rest = f" and {len(files) - MAX_NAMED:,} more" if len(files) > MAX_NAMED else ""
    return f"passed over: {named}{rest}" if named else ""


def _content(file: Path) -> str:
    """What a file holds, in a few words."""
    text = peek(file).decode("utf-8", errors="replace").lstrip("\ufeff")
    ending = file.suffix.lower()
    if not text.strip():
        return "empty"
    if ending == ".xml":
        root = re.search(r"<([A-Za-z][\w.:-]*)", text)
        return f"root <{root[1][:40]}>" if root else "no XML"
    if ending in (".json", ".jsonl"):
        keys = list(dict.fromkeys(re.findall(r'"([^"\\]{1,40})"\s*:', text)))[:MAX_KEYS]
        return f"keys {', '.join(keys)}" if keys else "no keys"
    if ending in TEXT:
        return f"first line {text.splitlines()[0].strip()[:60]!r}"
    return f"a {ending[1:]} file"
