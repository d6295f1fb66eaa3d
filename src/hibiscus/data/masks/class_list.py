"""The class list that accompanies masks: names, numbers and names, or colors and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hibiscus.data.dataset import IGNORED
from hibiscus.data.files import decode_text
from hibiscus.data.masks.mask_values import color_code
from hibiscus.errors import DataError

__all__ = ["MAX_CLASSES", "ClassList", "read_class_list", "trained_class_list"]

MAX_CLASSES = 254
MAX_LIST_BYTES = 2**20
CLASS_LISTS = (
    *("classes.txt", "labels.txt", "label_colors.txt", "class_names.txt", "codes.txt", "labelmap.txt"),
    *("class_dict.csv", "class_dict_seg.csv", "labels_class_dict.csv"),
)
CVAT_LINE = re.compile(r"(.*?):(\d+),(\d+),(\d+):[^:]*:[^:]*()")  # label:color_rgb:parts:actions
VOID_WORDS = {"unlabelled", "unlabeled", "void", "ignore", "ignored", "unknown"}


@dataclass(frozen=True)
class ClassList:
    """The meaning of the values of masks.

    Args:
        names: the class names, in the order of their numbers, without ignored ones.
        codes: maps gray values, or colors by `color_code`, to class numbers or `IGNORED`.
        by: whether the values are given by `order`, by `number`, by `color`, or known from `training`.
    """

    names: tuple[str, ...]
    codes: dict[int, int]
    by: str


def read_class_list(folders: Iterable[Path]) -> ClassList | None:
    """The first class list in any of the folders, or None.

    Each line has a name, a number and a name, or a color (three numbers) and a name, in either order.

    Raises:
        DataError: a line in another form, a repeated number, or too many classes.
    """
    file = next(
        (folder / name for folder in folders for name in CLASS_LISTS if (folder / name).is_file()), None
    )
    if file is None:
        return None
    if file.stat().st_size > MAX_LIST_BYTES:
        received = f"{file}: {file.stat().st_size:,} bytes"
        raise DataError(received, "a list of class names, one per line", "move it elsewhere")
    names: dict[tuple[int, ...], str] = {}
    ordered = False
    for number, line in enumerate(decode_text(file.read_bytes()).splitlines(), 1):
        text = line.split("#", 1)[0].strip()
        if not text:
            continue
        color = CVAT_LINE.fullmatch(text) or re.fullmatch(
            r"(?:(.*?)[\s,;]+)??(\d+)[\s,;]+(\d+)[\s,;]+(\d+)(?:[\s,;]+(.*?))?", text
        )
        numbered_line = re.fullmatch(r"(\d+)(?:[\s,:;=]+(.*))?", text)
        if color:
            key, name = tuple(map(int, color.group(2, 3, 4))), color[1] or color[5] or ""
        elif numbered_line:
            key, name = (int(numbered_line[1]),), numbered_line[2] or text
        else:
            key, name, ordered = (len(names),), text, True
        if not names and re.fullmatch(r"name[\s,;]+r\w*[\s,;]+g\w*[\s,;]+b\w*", text, re.IGNORECASE):
            continue  # the header of a table
        if key in names or max(key) > 255 or re.fullmatch(r"[\d\s,;]+", name.strip() if color else ""):
            expected = "a name, a number and a name, or a color and a name"
            raise DataError(f"{file}, line {number}: {line.strip()[:80]!r}", expected, "correct the line")
        names[key] = name
    if len(names) > MAX_CLASSES or len({len(key) for key in names}) != 1:
        expected = f"1 to {MAX_CLASSES} classes, all by number or all by color"
        raise DataError(f"{file}: {len(names)} classes", expected, "correct the list")
    by = "color" if all(len(key) == 3 for key in names) else "order" if ordered else "number"
    return _numbered(names, by)


def _numbered(names: dict[tuple[int, ...], str], by: str) -> ClassList:
    """Class numbers from 0 in the order of the values of the list; void classes are ignored."""
    order = list(names) if by == "color" else sorted(names)
    kept = [key for key in order if names[key].lower() not in VOID_WORDS]
    codes = {
        color_code(key) if by == "color" else key[0]: kept.index(key) if key in kept else IGNORED
        for key in order
    }
    return ClassList(tuple(names[key] for key in kept), codes, by)


def trained_class_list(names: Sequence[str]) -> ClassList | None:
    """The list that reads masks by the class names of training: `class 7`, `black`, `#804000`.

    None if the names come from a class list, as they do not tell the values then.
    """
    codes: dict[int, int] = {}
    if not names:
        return None
    for number, name in enumerate(names):
        gray = re.fullmatch(r"class (\d+)", name)
        color = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", name)
        if color:
            codes[color_code(int(part, 16) for part in color.groups())] = number
        elif gray or name in ("black", "white"):
            codes[int(gray[1]) if gray else 255 * (name == "white")] = number
    if len(codes) < len(names):
        return None
    if max(codes) > IGNORED:
        return ClassList(tuple(names), codes, "color")
    dense = sorted(codes) == list(range(len(codes)))  # 255 was of no class in training
    return ClassList(tuple(names), {**codes, IGNORED: IGNORED} if dense else codes, "training")
