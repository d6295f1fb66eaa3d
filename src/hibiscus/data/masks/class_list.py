"""The class list that lies beside masks: names, numbers and names, or colours and names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hibiscus.data.masks.preparation import IGNORED
from hibiscus.errors import DataError

__all__ = ["MOST_CLASSES", "ClassList", "decoded", "numbered", "read_class_list"]

MOST_CLASSES = 254
MOST_LIST_BYTES = 2**20
CLASS_LISTS = ("classes.txt", "labels.txt", "label_colors.txt", "class_names.txt", "codes.txt")
VOID_WORDS = {"unlabelled", "unlabeled", "void", "ignore", "ignored", "unknown"}


@dataclass(frozen=True)
class ClassList:
    """What the values of masks stand for.

    Args:
        names: of the classes, in the order of their numbers, without what is ignored.
        values: from a grey value to a class number or `IGNORED`; empty where masks are in colour.
        colours: from a colour (red, green, blue) to a class number or `IGNORED`; empty where masks are grey.
    """

    names: tuple[str, ...]
    values: dict[int, int]
    colors: dict[tuple[int, int, int], int]


def decoded(data: bytes) -> str:
    """Text in UTF-8 (with or without its mark), else in Windows-1252, which takes any byte."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def read_class_list(folders: Iterable[Path]) -> ClassList | None:
    """The first class list that lies in one of some folders, or None.

    Each line is a name, a number and a name, or a colour (three numbers) and a name, in either order.

    Raises:
        DataError: a line that is none of these, a number twice, or too many classes.
    """
    file = next((folder / name for folder in folders for name in CLASS_LISTS if (folder / name).is_file()), None)
    if file is None:
        return None
    if file.stat().st_size > MOST_LIST_BYTES:
        raise DataError(f"{file}: {file.stat().st_size:,} bytes", "a list of class names, one a line", "move it away")
    names: dict[tuple[int, ...], str] = {}
    for number, line in enumerate(decoded(file.read_bytes()).splitlines(), 1):
        text = line.split("#", 1)[0].strip()
        if not text:
            continue
        color = re.fullmatch(r"(?:(.*?)[\s,;]+)??(\d+)[\s,;]+(\d+)[\s,;]+(\d+)(?:[\s,;]+(.*?))?", text)
        numbered_line = re.fullmatch(r"(\d+)(?:[\s,:;=]+(.*))?", text)
        if color:
            key, name = tuple(map(int, color.group(2, 3, 4))), color[1] or color[5] or ""
        elif numbered_line:
            key, name = (int(numbered_line[1]),), numbered_line[2] or text
        else:
            key, name = (len(names),), text
        if not names and re.fullmatch(r"name[\s,;]+r\w*[\s,;]+g\w*[\s,;]+b\w*", text, re.IGNORECASE):
            continue  # the heading of a table
        if key in names or max(key) > 255 or re.fullmatch(r"[\d\s,;]+", name.strip() if color else ""):
            raise DataError(
                f"{file}, line {number}: {line.strip()[:80]!r}", "a name, a number and a name, or a colour and a name", "mend it"
            )
        names[key] = name
    if len(names) > MOST_CLASSES or len({len(key) for key in names}) != 1:
        raise DataError(f"{file}: {len(names)} classes", f"1 to {MOST_CLASSES} classes, all by number or all by colour", "fix the list")
    return numbered(names)


def numbered(names: dict[tuple[int, ...], str]) -> ClassList:
    """Class numbers from 0 in the order of the list's values, void words ignored."""
    order = sorted(names) if all(len(key) == 1 for key in names) else list(names)
    kept = [key for key in order if names[key].lower() not in VOID_WORDS]
    numbers = {key: kept.index(key) if key in kept else IGNORED for key in order}
    return ClassList(
        tuple(names[key] for key in kept),
        {key[0]: number for key, number in numbers.items() if len(key) == 1},
        {(key[0], key[1], key[2]): number for key, number in numbers.items() if len(key) == 3},
    )
