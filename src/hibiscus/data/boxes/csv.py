"""CSV: a row for each box, with its image, its four edges and its class; `classes.txt` may name the classes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hibiscus.data.boxes.files import (
    ImageIndex,
    child_named,
    children,
    part_folders,
    part_in_name,
    place_images,
    read_text,
    safe_relative,
)
from hibiscus.data.boxes.formats import PARTS, BoxSet
from hibiscus.data.boxes.validate import BoxSetBuilder, RawBox, check_classes, clean_name, to_number
from hibiscus.errors import DataError

__all__ = ["is_csv_dataset", "read_csv", "write_csv"]

MAX_CSV_BYTES = 500_000_000
MAX_LIST_BYTES = 64_000_000
HEADER_SIGNS = 10_000
ENDINGS = (".csv", ".tsv")
IMAGE = ("frame", "filename", "image", "imagepath", "imagename", "imagefile", "file", "filepath", "image", "path", "img")
CLASS = ("class", "classid", "label", "classname", "category", "categoryid", "name", "labelid", "object")
CROWD = ("crowd", "iscrowd", "difficult")
CORNERS = (("xmin", "x1", "left"), ("ymin", "y1", "top"), ("xmax", "x2", "right"), ("ymax", "y2", "bottom"))
SIDES = (("x",), ("y",), ("width", "w"), ("height", "h"))
BACKGROUND = {"background", "__background__"}


class _Columns(NamedTuple):
    """The place of each column; `sides` says that the last two edges are told as width and height."""

    image: int
    edges: tuple[int, ...]
    sides: bool
    label: int | None
    crowd: int | None
    delimiter: str


class _Row(NamedTuple):
    edges: list[float] | None
    label: str
    crowd: bool
    where: str


def is_csv_dataset(path: Path) -> bool:
    """Whether the file, or one in the folder or its part folders, has a column for images and four for edges."""
    return bool(_tables(path, most=20))


def _tables(path: Path, most: int | None = None) -> list[tuple[Path, str]]:
    """The tables of boxes and their parts, those of a part first."""
    if path.is_file():
        return [(path, part_in_name(path.stem))] if _columns(path) else []
    if not path.is_dir():
        return []
    parts = part_folders(path)
    for folders in ([path], parts):
        files = [file for folder in folders for file in children(folder, ENDINGS)][:most]
        found = [(file, part_in_name(file.stem) or part_in_name(file.parent.name) * (folders is parts)) for file in files if _columns(file)]
        if found:
            return sorted(found, key=lambda entry: (PARTS.index(entry[1]) if entry[1] else len(PARTS), entry[0]))
    return []


def _columns(file: Path) -> _Columns | None:
    """The columns that the first line names; None where they are not those of boxes."""
    if file.suffix.lower() not in ENDINGS or not file.is_file():
        return None
    with file.open("rb") as stream:
        line = stream.readline(HEADER_SIGNS).decode("utf-8-sig", errors="replace")
    for delimiter in (",", ";", "\t", "|"):
        names = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in next(csv.reader([line], delimiter=delimiter), [])]
        corners, sides = _places(names, CORNERS), _places(names, SIDES)
        image = _place(names, IMAGE)
        edges = corners or sides
        if image is not None and edges:
            return _Columns(image, edges, not corners, _place(names, CLASS), _place(names, CROWD), delimiter)
    return None


def _place(names: list[str], known: Iterable[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _places(names: list[str], groups: Iterable[Iterable[str]]) -> tuple[int, ...]:
    places = [place for group in groups if (place := _place(names, group)) is not None]
    return tuple(places) if len(places) == 4 else ()


def read_csv(path: Path, image_folder: Path | None = None) -> BoxSet:
    """Reads tables of boxes; see `read_boxes`."""
    root = path.parent if path.is_file() else path
    gather = BoxSetBuilder(root, "csv", image_folder)
    folder = image_folder or child_named(root, "images", "JPEGImages") or root
    index = ImageIndex([folder])
    rows: dict[Path, tuple[str, Path, list[_Row]]] = {}
    for file, part in _tables(path):
        _read_table(gather, file, part, index, rows)
    if path.is_dir():
        _read_lists(gather, root, index, rows)
    told = {row.label for _, _, entries in rows.values() for row in entries if row.edges is not None}
    names, order = _class_names(gather, told, root)
    for file, (part, source, entries) in rows.items():
        boxes = []
        for row in entries:
            if row.edges is not None and row.label not in names:
                gather.skip("unknown class", row.where, f"there is no class {row.label[:40]!r}")
            elif row.edges is not None:
                boxes.append(RawBox(row.edges, names[row.label], row.where, row.crowd))
        gather.add(file, boxes, source, part)
    if unlisted := index.beside(gather.images):
        gather.faults["image without annotation"] += unlisted
    return gather.finish(check_classes(order, root))


def _lines(file: Path, columns: _Columns) -> Iterator[tuple[int, list[str]]]:
    """The rows under the header with the number of their line."""
    reader = csv.reader(read_text(file, MAX_CSV_BYTES).splitlines(), delimiter=columns.delimiter)
    try:
        for number, fields in enumerate(reader):
            if number and any(one.strip() for one in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise DataError(f"{file}, line {reader.line_num}: not sound CSV ({error})", "a row for each box", "correct the line") from None


def _read_table(gather: BoxSetBuilder, file: Path, part: str, index: ImageIndex, rows: dict[Path, tuple[str, Path, list[_Row]]]) -> None:
    """Adds a table's rows to those of their images; an image stays with the first table that names it."""
    columns = _columns(file)
    assert columns is not None  # it is one of _tables
    known: dict[str, Path | None] = {}
    width = max(columns.image, *columns.edges, columns.label or 0) + 1
    elsewhere: set[Path] = set()
    for number, fields in _lines(file, columns):
        where = f"{file}, line {number}"
        if len(fields) < width:
            gather.skip("malformed", where, f"{len(fields)} fields where {width} are asked at least")
            continue
        name = fields[columns.image].strip()
        if name not in known:
            known[name] = _find(gather, name, where, index, [file.parent, *index.folders], part)
        image = known[name]
        if image is None:
            gather.faults["annotation without image"] += 1
        elif rows.setdefault(image, (part, file, []))[1] != file:
            elsewhere.add(image)
        else:
            rows[image][2].append(_row(fields, columns, where))
    if part:
        gather.faults["in two parts"] += len(elsewhere)
    if elsewhere:
        gather.notes.append(f"{file.name}: {len(elsewhere):,} of its images stand in a table before, and their rows here were left out")


def _find(gather: BoxSetBuilder, name: str, where: str, index: ImageIndex, near: list[Path], part: str) -> Path | None:
    safe = safe_relative(name)
    if safe is None:
        return gather.skip("path refused", where, f"the image {name[:100]!r} leaves the folder; all its rows are skipped")
    found = index.find(safe, near, part) or index.listed(safe, part)
    if found is None:
        gather.skip("annotation without image", where, f"there is no image {safe}; all its rows are skipped")
        gather.faults["annotation without image"] -= 1  # its rows are counted one by one
    return found


def _row(fields: list[str], columns: _Columns, where: str) -> _Row:
    """A row; without edges where all four fields are blank, which says that an image has no objects."""
    texts = [fields[place].strip() for place in columns.edges]
    label = fields[columns.label].strip() if columns.label is not None else "object"
    crowd = columns.crowd is not None and columns.crowd < len(fields) and fields[columns.crowd].strip().lower() in ("1", "true", "yes")
    if not any(texts):
        return _Row(None, "", False, where)
    edges = [to_number(text) for text in texts]
    if columns.sides:
        edges = [edges[0], edges[1], edges[0] + edges[2], edges[1] + edges[3]]
    number = to_number(label)
    return _Row(edges, str(int(number)) if number % 1 == 0 else clean_name(label), crowd, where)


def _read_lists(gather: BoxSetBuilder, root: Path, index: ImageIndex, rows: dict[Path, tuple[str, Path, list[_Row]]]) -> None:
    """Takes parts from `train.txt`, `val.txt` and `test.txt` where no table told them; listed images without rows have no objects."""
    for part in PARTS:
        file = root / f"{part}.txt"
        for number, line in enumerate(read_text(file, MAX_LIST_BYTES).splitlines() if file.is_file() else [], 1):
            image = index.listed(line, part) if line.strip() else None
            if image is None and line.strip():
                gather.skip("annotation without image", f"{file}, line {number}", f"there is no image {line.strip()[:100]}")
            elif image is not None:
                before, source, entries = rows.get(image, ("", file, []))
                rows[image] = (before or part, source, entries)
                if before and before != part:
                    gather.fix("in two parts", f"{file}, line {number}", f"{image.name} stands in {before} already")


def _class_names(gather: BoxSetBuilder, told: set[str], root: Path) -> tuple[dict[str, str], list[str]]:
    """The class that each text of the class column means, and the classes in order.

    `classes.txt` holds `ID NAME` lines, or a name a line, counted from 0; from 1 where the ids in the table show it. An id 0 called
    background that no row has is no class.
    """
    file = root / "classes.txt"
    lines = [line.strip() for line in read_text(file, MAX_LIST_BYTES).splitlines() if line.strip()] if file.is_file() else []
    if not lines:
        whole = all(re.fullmatch(r"-?[0-9]+", text) for text in told)
        order = sorted(told, key=int) if whole else sorted(told - {""})
        return {name: name for name in order}, order
    numbered = [re.match(r"(\d{1,9})(?:\t|\s+[,:;=]\s+|\s+|[,:;=]\s*)(\S.*)", line) for line in lines]
    ids = {int(found[1]): clean_name(found[2]) for found in numbered if found is not None}
    if len(ids) < len(lines):
        ids = dict(enumerate(map(clean_name, lines)))
        asked = {int(text) for text in told - set(ids.values()) if re.fullmatch("[0-9]+", text)}
        if asked and 0 not in asked and max(asked) == len(lines):
            gather.notes.append("the class numbers start at 1: the first line of classes.txt is class 1")
            ids = {number + 1: name for number, name in ids.items()}
    if ids.get(0, "").lower() in BACKGROUND and not told & {"0", ids[0]}:
        del ids[0]
    order = [ids[number] for number in sorted(ids)]
    return {**{str(number): name for number, name in ids.items()}, **{name: name for name in order}}, order


def write_csv(boxset: BoxSet, out: Path) -> None:
    """Writes `images`, `labels_PART.csv` (`labels.csv` for images in no part) and `classes.txt` with ids from 1."""
    names = place_images(boxset, [out / "images"] * len(boxset))
    parts = boxset.part_of()
    crowded = any(image.crowd.any() for image in boxset.images)
    for part in dict.fromkeys([*boxset.parts, *parts]):
        with (out / (f"labels_{part}.csv" if part else "labels.csv")).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["filename", "xmin", "ymin", "xmax", "ymax", "class", *["crowd"] * crowded])
            for image, name, own in zip(boxset.images, names, parts, strict=True):
                if own != part:
                    continue
                for box, label, crowd in zip(image.boxes.tolist(), image.labels, image.crowd, strict=True):
                    edges = [int(edge) if edge == int(edge) else repr(edge) for edge in box]
                    writer.writerow([name, *edges, boxset.classes[label], *[int(crowd)] * crowded])
                if not len(image):
                    writer.writerow([name, *[""] * (5 + crowded)])
    (out / "classes.txt").write_text("".join(f"{number}\t{name}\n" for number, name in enumerate(boxset.classes, 1)), encoding="utf-8")
