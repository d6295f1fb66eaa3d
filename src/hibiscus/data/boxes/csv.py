"""CSV: a row for each box with its image, four edges and class; `classes.txt` may name the classes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hibiscus.data.boxes.boxset import PARTS, BoxSet
from hibiscus.data.boxes.image_files import ImageIndex, place_images
from hibiscus.data.boxes.validate import BoxSetBuilder, RawBox, check_classes, clean_name, to_number
from hibiscus.data.files import child_named, children, part_folders, part_in_name, read_text, safe_relative
from hibiscus.errors import DataError

__all__ = ["is_csv_dataset", "read_csv", "write_csv"]

MAX_CSV_BYTES = 500_000_000
MAX_LIST_BYTES = 64_000_000
MAX_HEADER = 10_000  # characters
ENDINGS = (".csv", ".tsv")
IMAGE = (
    "frame", "filename", "image", "imagepath", "imagename", "imagefile", "file", "filepath", "picture",
    "path", "img",
)  # fmt: skip
CLASS = ("class", "classid", "label", "classname", "category", "categoryid", "name", "labelid", "object")
CROWD = ("crowd", "iscrowd", "difficult")
CORNERS = (("xmin", "x1", "left"), ("ymin", "y1", "top"), ("xmax", "x2", "right"), ("ymax", "y2", "bottom"))
SIDES = (("x",), ("y",), ("width", "w"), ("height", "h"))
BACKGROUND = {"background", "__background__"}
Rows = dict[Path, tuple[str, Path, "list[_Row]"]]  # for each image its part, its table and its rows


class _Columns(NamedTuple):
    """The index of each column; `sides` indicates that the last two edges are given as width and height."""

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
    """Whether the file, or one in the folder or its part folders, has columns for images and edges."""
    return bool(_tables(path, max_files=20))


def _tables(path: Path, max_files: int | None = None) -> list[tuple[Path, str]]:
    """The tables of boxes and their parts, in the order of the parts."""
    if path.is_file():
        return [(path, part_in_name(path.stem))] if _columns(path) else []
    if not path.is_dir():
        return []
    parts = part_folders(path)
    for folders in ([path], parts):
        files = [file for folder in folders for file in children(folder, ENDINGS)][:max_files]
        tables = [(file, _part(file, folders is parts)) for file in files if _columns(file)]
        if tables:
            return sorted(
                tables, key=lambda table: (PARTS.index(table[1]) if table[1] else len(PARTS), table[0])
            )
    return []


def _part(file: Path, in_part_folder: bool) -> str:
    return part_in_name(file.stem) or (part_in_name(file.parent.name) if in_part_folder else "")


def _columns(file: Path) -> _Columns | None:
    """The columns that the first line names; None if they are not those of boxes."""
    if file.suffix.lower() not in ENDINGS or not file.is_file():
        return None
    with file.open("rb") as stream:
        line = stream.readline(MAX_HEADER).decode("utf-8-sig", errors="replace")
    for delimiter in (",", ";", "\t", "|"):
        names = [
            re.sub(r"[^a-z0-9]", "", name.lower())
            for name in next(csv.reader([line], delimiter=delimiter), [])
        ]
        corners, sides = _indices(names, CORNERS), _indices(names, SIDES)
        image = _index(names, IMAGE)
        edges = corners or sides
        if image is not None and edges:
            return _Columns(image, edges, not corners, _index(names, CLASS), _index(names, CROWD), delimiter)
    return None


def _index(names: list[str], known: Iterable[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _indices(names: list[str], groups: Iterable[Iterable[str]]) -> tuple[int, ...]:
    indices = [index for group in groups if (index := _index(names, group)) is not None]
    return tuple(indices) if len(indices) == 4 else ()


def read_csv(path: Path, image_folder: Path | None = None) -> BoxSet:
    """Reads tables of boxes; see `read_boxes`."""
    root = path.parent if path.is_file() else path
    builder = BoxSetBuilder(root, "csv", image_folder)
    folder = image_folder or child_named(root, "images", "JPEGImages") or root
    index = ImageIndex([folder])
    rows: Rows = {}
    for file, part in _tables(path):
        _read_table(builder, file, part, index, rows)
    if path.is_dir():
        _read_lists(builder, root, index, rows)
    labels = {row.label for _, _, entries in rows.values() for row in entries if row.edges is not None}
    names, order = _class_names(builder, labels, root)
    for file, (part, source, entries) in rows.items():
        boxes = []
        for row in entries:
            if row.edges is not None and row.label not in names:
                builder.skip("unknown class", row.where, f"unknown class {row.label[:40]!r}")
            elif row.edges is not None:
                boxes.append(RawBox(row.edges, names[row.label], row.where, row.crowd))
        builder.add(file, boxes, source, part)
    if unlisted := index.beside(builder.images):
        builder.faults["image without annotation"] += unlisted
    return builder.build(check_classes(order, root))


def _lines(file: Path, columns: _Columns) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header with their line numbers."""
    reader = csv.reader(read_text(file, MAX_CSV_BYTES).splitlines(), delimiter=columns.delimiter)
    try:
        for number, fields in enumerate(reader):
            if number and any(text.strip() for text in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        received = f"{file}, line {reader.line_num}: invalid CSV ({error})"
        raise DataError(received, "a row for each box", "correct the line") from None


def _read_table(builder: BoxSetBuilder, file: Path, part: str, index: ImageIndex, rows: Rows) -> None:
    """Adds the rows of a table to their images; an image belongs to the first table that names it."""
    columns = _columns(file)
    assert columns is not None  # it is one of _tables
    known: dict[str, Path | None] = {}
    width = max(columns.image, *columns.edges, columns.label or 0) + 1
    elsewhere: set[Path] = set()
    for number, fields in _lines(file, columns):
        where = f"{file}, line {number}"
        if len(fields) < width:
            builder.skip("malformed", where, f"{len(fields)} fields, expected at least {width}")
            continue
        name = fields[columns.image].strip()
        if name not in known:
            known[name] = _find(builder, name, where, index, [file.parent, *index.folders], part)
        image = known[name]
        if image is None:
            builder.faults["annotation without image"] += 1
        elif rows.setdefault(image, (part, file, []))[1] != file:
            elsewhere.add(image)
        else:
            rows[image][2].append(_row(fields, columns, where))
    if part:
        builder.faults["in two parts"] += len(elsewhere)
    if elsewhere:
        count = f"{len(elsewhere):,} of its images"
        builder.notes.append(
            f"{file.name}: {count} also occur in an earlier table; their rows here were left out"
        )


def _find(
    builder: BoxSetBuilder, name: str, where: str, index: ImageIndex, near: list[Path], part: str
) -> Path | None:
    safe = safe_relative(name)
    if safe is None:
        reason = f"the image path {name[:100]!r} points outside the folder; all its rows are skipped"
        return builder.skip("path refused", where, reason)
    image = index.find(safe, near, part) or index.listed(safe, part)
    if image is None:
        builder.skip("annotation without image", where, f"image {safe} not found; all its rows are skipped")
        builder.faults["annotation without image"] -= 1  # its rows are counted individually
    return image


def _row(fields: list[str], columns: _Columns, where: str) -> _Row:
    """A row; it has no edges if all four fields are blank, which means that the image has no objects."""
    texts = [fields[index].strip() for index in columns.edges]
    label = fields[columns.label].strip() if columns.label is not None else "object"
    flag = fields[columns.crowd] if columns.crowd is not None and columns.crowd < len(fields) else ""
    crowd = flag.strip().lower() in ("1", "true", "yes")
    if not any(texts):
        return _Row(None, "", False, where)
    edges = [to_number(text) for text in texts]
    if columns.sides:
        edges = [edges[0], edges[1], edges[0] + edges[2], edges[1] + edges[3]]
    number = to_number(label)
    return _Row(edges, str(int(number)) if number % 1 == 0 else clean_name(label), crowd, where)


def _read_lists(builder: BoxSetBuilder, root: Path, index: ImageIndex, rows: Rows) -> None:
    """Takes the parts that no table gives from `train.txt`, `val.txt` and `test.txt`.

    Images in a list without rows have no objects.
    """
    for part in PARTS:
        file = root / f"{part}.txt"
        lines = read_text(file, MAX_LIST_BYTES).splitlines() if file.is_file() else []
        for number, line in enumerate(lines, 1):
            image = index.listed(line, part) if line.strip() else None
            where = f"{file}, line {number}"
            if image is None and line.strip():
                builder.skip("annotation without image", where, f"image {line.strip()[:100]} not found")
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
