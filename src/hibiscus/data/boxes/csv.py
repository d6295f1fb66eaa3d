"""CSV: a row for each box with its image, four edges and class; `classes.txt` may name the classes.

See `csv_columns` for the names and the order of columns.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hibiscus.data.boxes.box_reading import BoxReading, Numbers
from hibiscus.data.boxes.boxset import PARTS, BoxSet
from hibiscus.data.boxes.csv_columns import ENDINGS, Columns, find_columns
from hibiscus.data.boxes.image_files import ImageIndex, place_images
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.data.boxes.validate import BoxSetBuilder, check_classes, clean_name
from hibiscus.data.files import child_named, children, part_folders, part_in_name, read_text
from hibiscus.errors import DataError

__all__ = ["is_csv_dataset", "read_csv", "write_csv"]

MAX_CSV_BYTES = 500_000_000
MAX_LIST_BYTES = 64_000_000
IMAGE_FOLDERS = ("images", "JPEGImages")
BACKGROUND = {"background", "__background__"}
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.0+)?")  # a class number, that of pandas with .0 included
Rows = dict[Path, tuple[str, Path, "list[_Row]"]]  # for each image its part, its table and its rows


class _Row(NamedTuple):
    """A row; `edges` is None if all its fields are blank, which means that the image has no objects."""

    edges: list[float] | None
    label: str
    crowd: bool
    where: str
    numbers: Numbers
    stated: tuple[float, float]


def is_csv_dataset(path: Path) -> bool:
    """Whether the file, or one in the folder or its part folders, has columns for images and edges."""
    return bool(_tables(path, max_files=20))


def _tables(path: Path, max_files: int | None = None) -> list[tuple[Path, str]]:
    """The tables of boxes and their parts, in the order of the parts."""
    if path.is_file():
        return [(path, part_in_name(path.stem))] if find_columns(path) else []
    if not path.is_dir():
        return []
    parts = part_folders(path)
    for folders in ([path], parts):
        files = [file for folder in folders for file in children(folder, ENDINGS)][:max_files]
        tables = [(file, _part(file, folders is parts)) for file in files if find_columns(file)]
        if tables:
            return sorted(
                tables, key=lambda table: (PARTS.index(table[1]) if table[1] else len(PARTS), table[0])
            )
    return []


def _part(file: Path, in_part_folder: bool) -> str:
    return part_in_name(file.stem) or (part_in_name(file.parent.name) if in_part_folder else "")


def read_csv(path: Path, image_folder: Path | None = None, reading: BoxReading | None = None) -> BoxSet:
    """Reads tables of boxes; see `read_boxes`."""
    root = path.parent if path.is_file() else path
    builder = BoxSetBuilder(root, "csv", image_folder, reading)
    index = ImageIndex([image_folder or root])
    rows: Rows = {}
    for file, part in _tables(path):
        _read_table(builder, file, part, index, rows)
    if path.is_dir():
        _read_lists(builder, root, index, rows)
    labels = {row.label for _, _, entries in rows.values() for row in entries if row.edges is not None}
    names, order = _class_names(builder, labels, root)
    for file, (part, source, entries) in rows.items():
        boxes = [_raw_box(row, names) for row in entries if row.edges is not None]
        stated = next((row.stated for row in entries if min(row.stated) > 0), (0.0, 0.0))
        builder.add(file, boxes, source, part, stated=stated)
    if unlisted := index.beside(builder.images):
        builder.faults["image without annotation"] += unlisted
    return builder.build(check_classes(order, root))


def _raw_box(row: _Row, names: dict[str, str]) -> RawBox:
    label = names.get(row.label, "")
    fault = None if row.label in names else ("unknown class", f"unknown class {row.label[:40]!r}")
    return RawBox(row.edges or (), label, row.where, row.crowd, {}, row.numbers, fault)


def _lines(file: Path, columns: Columns) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header, if there is one, with their line numbers."""
    reader = csv.reader(read_text(file, MAX_CSV_BYTES).splitlines(), delimiter=columns.delimiter)
    try:
        for number, fields in enumerate(reader):
            if number >= columns.first_row and any(text.strip() for text in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        received = f"{file}, line {reader.line_num}: invalid CSV ({error})"
        raise DataError(received, "a row for each box", "correct the line") from None


def _read_table(builder: BoxSetBuilder, file: Path, part: str, index: ImageIndex, rows: Rows) -> None:
    """Adds the rows of a table to their images; an image of two parts belongs to the first table."""
    columns = find_columns(file)
    assert columns is not None  # it is one of _tables
    known: dict[str, Path | None] = {}
    elsewhere: set[Path] = set()
    if not columns.first_row:
        builder.notes.append(f"{file.name}: without a header, read as {columns.describe()}")
    for number, fields in _lines(file, columns):
        where = f"{file}, line {number}"
        if len(fields) < columns.width:
            reason = f"{len(fields)} fields, expected at least {columns.width}"
            builder.skip("malformed", where, reason, boxes=1)
            continue
        name = fields[columns.image].strip()
        row_part = part if columns.part is None else part_in_name(fields[columns.part])
        if name not in known:
            known[name] = _find(builder, name, where, index, file.parent, row_part)
        image = known[name]
        if image is None:
            builder.faults["annotation without image"] += 1
            builder.lost.boxes += 1
        elif rows.setdefault(image, (row_part, file, []))[0] != row_part:
            elsewhere.add(image)
        else:
            rows[image][2].append(_row(fields, columns, where))
    builder.faults["in two parts"] += len(elsewhere)
    if elsewhere:
        count = f"{len(elsewhere):,} of its images"
        builder.notes.append(
            f"{file.name}: {count} also occur in an earlier part; their rows here were left out"
        )


def _find(
    builder: BoxSetBuilder, name: str, where: str, index: ImageIndex, folder: Path, part: str
) -> Path | None:
    near = [folder, *(inside for word in IMAGE_FOLDERS if (inside := child_named(folder, word)))]
    image, fault = index.locate(name, near, part)
    if image is None:
        reason = f"image {name[:100]} not found, or several have this name; all its rows are skipped"
        builder.skip(fault, where, reason)
        # Its rows are counted individually.
        builder.faults["annotation without image"] -= fault == "annotation without image"
    elif fault:
        builder.fix(fault, where, f"{name[:100]} is read as {image}")
    return image


def _row(fields: list[str], columns: Columns, where: str) -> _Row:
    edges = columns.edges_of(fields)
    label = fields[columns.label].strip() if columns.label is not None else "object"
    flag = fields[columns.crowd] if columns.crowd is not None and columns.crowd < len(fields) else ""
    crowd = flag.strip().lower() in ("1", "true", "yes", "1.0")
    label = str(int(float(label))) if NUMBER.fullmatch(label) else clean_name(label)
    return _Row(edges, label, crowd, where, columns.numbers, columns.stated(fields))


def _read_lists(builder: BoxSetBuilder, root: Path, index: ImageIndex, rows: Rows) -> None:
    """Takes the parts that no table gives from `train.txt`, `val.txt` and `test.txt`.

    Images in a list without rows have no objects.
    """
    for part in PARTS:
        file = root / f"{part}.txt"
        lines = read_text(file, MAX_LIST_BYTES).splitlines() if file.is_file() else []
        for number, line in enumerate(lines, 1):
            image, fault = index.locate(line, part=part) if line.strip() else (None, "")
            where = f"{file}, line {number}"
            if image is None and line.strip():
                builder.skip(fault, where, f"image {line.strip()[:100]} not found")
            elif image is not None:
                before, source, entries = rows.get(image, ("", file, []))
                rows[image] = (before or part, source, entries)
                if before and before != part:
                    builder.fix("in two parts", where, f"{image.name} already belongs to {before}")


def _class_names(builder: BoxSetBuilder, labels: set[str], root: Path) -> tuple[dict[str, str], list[str]]:
    """The class that each text of the class column denotes, and the classes in order.

    `classes.txt` has lines `ID NAME`, or one name per line, numbered from 0, or from 1 if the ids in the
    table imply it. An id 0 named background that no row uses is not a class.
    """
    file = root / "classes.txt"
    lines = (
        [line.strip() for line in read_text(file, MAX_LIST_BYTES).splitlines() if line.strip()]
        if file.is_file()
        else []
    )
    if not lines:
        whole = all(re.fullmatch(r"-?[0-9]+", text) for text in labels)
        if whole and labels:
            builder.notes.append("the classes are numbers, which serve as names (classes.txt can name them)")
        order = sorted(labels, key=int) if whole else sorted(labels - {""})
        return {name: name for name in order}, order
    matches = [re.match(r"(\d{1,9})(?:\t|\s+[,:;=]\s+|\s+|[,:;=]\s*)(\S.*)", line) for line in lines]
    ids = {int(match[1]): clean_name(match[2]) for match in matches if match is not None}
    if len(ids) < len(lines):
        ids = dict(enumerate(map(clean_name, lines)))
        used = {int(text) for text in labels - set(ids.values()) if re.fullmatch("[0-9]+", text)}
        if used and 0 not in used and max(used) == len(lines):
            builder.notes.append("the class numbers start at 1, so the first line of classes.txt is class 1")
            ids = {number + 1: name for number, name in ids.items()}
    if ids.get(0, "").lower() in BACKGROUND and not labels & {"0", ids[0]}:
        del ids[0]
    order = [ids[number] for number in sorted(ids)]
    return {**{str(number): name for number, name in ids.items()}, **{name: name for name in order}}, order


def write_csv(boxset: BoxSet, out: Path) -> None:
    """Writes `images`, `labels_PART.csv` (`labels.csv` without a part) and `classes.txt` with ids from 1."""
    names = place_images(boxset, [out / "images"] * len(boxset))
    parts = boxset.part_of()
    crowded = any(image.crowd.any() for image in boxset.images)
    for part in dict.fromkeys([*boxset.parts, *parts]):
        with (out / (f"labels_{part}.csv" if part else "labels.csv")).open(
            "w", encoding="utf-8", newline=""
        ) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["filename", "xmin", "ymin", "xmax", "ymax", "class", *["crowd"] * crowded])
            for image, name, image_part in zip(boxset.images, names, parts, strict=True):
                if image_part != part:
                    continue
                for box, label, crowd in zip(image.boxes.tolist(), image.labels, image.crowd, strict=True):
                    edges = [int(edge) if edge == int(edge) else repr(edge) for edge in box]
                    writer.writerow([name, *edges, boxset.classes[label], *[int(crowd)] * crowded])
                if not len(image):
                    writer.writerow([name, *[""] * (5 + crowded)])
    lines = [f"{number}\t{name}\n" for number, name in enumerate(boxset.classes, 1)]
    (out / "classes.txt").write_text("".join(lines), encoding="utf-8")
