"""The columns of a table of boxes: by the names in its first line, or by what the first rows hold."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hibiscus.data.boxes.box_reading import LAYOUTS, Numbers
from hibiscus.data.boxes.validate import to_number
from hibiscus.data.files import IMAGE_ENDINGS, PART_NAMES

__all__ = ["ENDINGS", "Columns", "find_columns"]

ENDINGS = (".csv", ".tsv")
DELIMITERS = (",", ";", "\t", "|")
MAX_LINE = 10_000  # characters of a line that is looked at
SAMPLE = 50  # rows that are looked at without a header
DECIMAL_COMMA = re.compile(r"^(-?0|-?\d+(?=,\d\d?$|,\d{4,}$)),(\d+)$")  # 1,234 may be a thousand
IMAGE = (
    "frame", "filename", "image", "imagepath", "imagename", "imagefile", "imageid", "file", "filepath",
    "picture", "path", "img", "imgpath", "imgname", "fname",
)  # fmt: skip
CLASS = ("class", "classid", "label", "classname", "labelname", "category", "categoryid", "categoryname",
         "name", "labelid", "object")  # fmt: skip
CROWD = ("crowd", "iscrowd", "difficult", "isgroupof")
PART = ("split", "subset", "set", "part")
CORNERS = (("xmin", "x1", "left", "xtl"), ("ymin", "y1", "top", "ytl"),
           ("xmax", "x2", "right", "xbr"), ("ymax", "y2", "bottom", "ybr"))  # fmt: skip
CENTER = (("cx", "xcenter", "xc", "centerx", "xmid"), ("cy", "ycenter", "yc", "centery", "ymid"))
LOW = (("x", "xmin", "x1", "left"), ("y", "ymin", "y1", "top"))
SIDES = (("w", "boxwidth", "bboxwidth", "bw", "width"), ("h", "boxheight", "bboxheight", "bh", "height"))
IMAGE_SIDES = (("imagewidth", "imgwidth", "imgw", "width"), ("imageheight", "imgheight", "imgh", "height"))
BOX = ("bbox", "box", "boundingbox")
NAMED_CORNERS = Numbers(("corners", "xywh"), given="names")
NAMED_CENTER = Numbers(("cxcywh",))
UNNAMED_BOX = Numbers(("xywh", "corners", "cxcywh"), given="order")  # a column `bbox`, as COCO has it
LOW_AND_SIZE = Numbers(("xywh", "cxcywh"), given="order")
NAMED_SIZE = Numbers(("xywh",))
PLAIN = Numbers(("corners", "xywh", "cxcywh"), given="order")  # without a header


@dataclass(frozen=True)
class Columns:
    """The index of each column.

    Args:
        image: the image.
        edges: the four numbers of the box, or the one column that holds them.
        numbers: what they mean.
        label: the class.
        crowd: whether the box is neither required nor counted.
        part: train, val or test.
        sides: height and width of the image.
        delimiter: between fields.
        first_row: 0 if there is no header, otherwise 1.
    """

    image: int
    edges: tuple[int, ...]
    numbers: Numbers
    label: int | None
    crowd: int | None = None
    part: int | None = None
    sides: tuple[int, ...] = ()
    delimiter: str = ","
    first_row: int = 1

    @property
    def width(self) -> int:
        """The number of fields that a row must have."""
        return max(self.image, *self.edges, self.label or 0) + 1

    def edges_of(self, fields: list[str]) -> list[float] | None:
        """The four numbers of a row; None if all are blank."""
        texts = [fields[index].strip() for index in self.edges]
        if len(texts) == 1:
            texts = [text for text in re.split(r"[\s,;\[\]()]+", texts[0]) if text]
            texts = texts if len(texts) in (0, 4) else ["nan"] * 4
        elif self.delimiter != ",":
            texts = [DECIMAL_COMMA.sub(r"\1.\2", text) for text in texts]
        return [to_number(text) for text in texts] if any(texts) else None

    def stated(self, fields: list[str]) -> tuple[float, float]:
        """(height, width) of the image that a row states; zeros if it states none."""
        if not self.sides or max(self.sides) >= len(fields):
            return 0.0, 0.0
        height, width = (to_number(fields[index]) for index in self.sides)
        return (height, width) if min(height, width) > 0 else (0.0, 0.0)

    def describe(self) -> str:
        """The order of the columns, for a note."""
        names = {self.image: "image"} | ({} if self.label is None else {self.label: "class"})
        layout = LAYOUTS[self.numbers.layouts[0]].split(", ")
        names |= dict(zip(self.edges, layout, strict=True))
        return ", ".join(names[index] for index in sorted(names))


def find_columns(file: Path) -> Columns | None:
    """The columns of a table; None if they are not those of boxes."""
    if not file.name.lower().endswith(ENDINGS) or not file.is_file():
        return None
    with file.open("rb") as stream:
        begin = islice(iter(lambda: stream.readline(MAX_LINE), b""), SAMPLE)
        lines = [line.decode("utf-8-sig", errors="replace") for line in begin]
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            rows = [lines[0].rstrip("\r\n").split(delimiter)] if lines else []
        columns = (_by_name(rows[0], delimiter) or _by_content(rows, delimiter)) if rows else None
        if columns and (len(columns.edges) == 4 or _hold_boxes(rows[1:], columns)):
            return columns
    return None


def _index(names: list[str], known: Iterable[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _indices(names: list[str], groups: Iterable[Iterable[str]]) -> tuple[int, ...]:
    found = [_index(names, group) for group in groups]
    return () if None in found else tuple(index for index in found if index is not None)


def _by_name(header: list[str], delimiter: str) -> Columns | None:
    names = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in header]
    image = _index(names, IMAGE)
    if image is None:
        return None
    sides = _indices(names, SIDES)
    box = _index(names, BOX)
    low = _indices(names, LOW)
    of_low = LOW_AND_SIZE if low and names[low[0]] == "x" else NAMED_SIZE
    forms = (
        (_indices(names, CORNERS), NAMED_CORNERS),
        (_indices(names, CENTER) + sides, NAMED_CENTER),
        (low + sides, of_low),
        (() if box is None else (box,), UNNAMED_BOX),
    )
    found = next((form for form in forms if len(form[0]) == 4 or form[0] == (box,)), None)
    if found is None:
        return None
    edges, numbers = found
    image_sides = _indices(names, IMAGE_SIDES[::-1])
    return Columns(
        image, edges, numbers, _index(names, CLASS), _index(names, CROWD), _index(names, PART),
        () if set(image_sides) & set(edges) else image_sides, delimiter,
    )  # fmt: skip


def _by_content(rows: list[list[str]], delimiter: str) -> Columns | None:
    """A table without a header: one column of image files, four of numbers, and possibly one of classes.

    Four numbers and a class stand beside each other, as in `image,xmin,ymin,xmax,ymax,class`. Other orders
    are ambiguous without a header.
    """
    width = len(rows[0])
    if width < 5 or any(len(row) != width for row in rows):
        return None
    columns = [[row[index].strip() for row in rows] for index in range(width)]
    images = [i for i, texts in enumerate(columns) if all(_is_image(text) for text in texts)]
    parts = [i for i, texts in enumerate(columns) if all(text.lower() in PART_NAMES for text in texts)]
    if len(images) != 1 or len(parts) > 1:
        return None
    rest = [i for i in range(width) if i not in (*images, *parts) and any(columns[i])]
    numeric = [i for i in rest if all(not text or math.isfinite(to_number(text)) for text in columns[i])]
    texts = [i for i in rest if i not in numeric]
    if len(numeric) == 5 and not texts and numeric[-1] == rest[-1]:
        texts, numeric = numeric[-1:], numeric[:-1]  # class numbers come last
        if not all(re.fullmatch(r"[0-9]{1,4}|", text) for text in columns[texts[0]]):
            return None
    if len(numeric) != 4 or len(texts) > 1:
        return None
    label = texts[0] if texts else None
    part = parts[0] if parts else None
    return Columns(images[0], tuple(numeric), PLAIN, label, None, part, (), delimiter, first_row=0)


def _hold_boxes(rows: list[list[str]], columns: Columns) -> bool:
    """Whether the one column of boxes holds four numbers, or nothing."""
    found = [columns.edges_of(row) for row in rows if len(row) >= columns.width]
    return any(found) and all(edges is None or all(map(math.isfinite, edges)) for edges in found)


def _is_image(text: str) -> bool:
    return Path(text.replace("\\", "/")).suffix.lower() in IMAGE_ENDINGS
