"""The files of maps of embeddings: a PNG for each, and a CSV file with the points of all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from hibiscus.data.tables.formula_guard import guard_formula
from hibiscus.report.embedding_plot import plot_embedding
from hibiscus.report.visualization_page import Drawing, Section
from hibiscus.runs.destination import writing
from hibiscus.runs.embedded_parts import PartMaps

__all__ = ["embedding_sections"]

POINTS = "embedding.csv"
STEMS = ("embedding-principal-components", "embedding-t-sne")
AXES = (("component_1", "component_2"), ("t_sne_1", "t_sne_2"))


def embedding_sections(found: PartMaps, folder: Path) -> Iterator[Section]:
    """Writes the maps, and yields a section of the page for each.

    Args:
        found: the items and their maps.
        folder: where the files are written.

    Raises:
        DataError: a file cannot be written.
    """
    _write_points(found, folder / POINTS)
    for item, stem in zip(found.maps, STEMS, strict=False):
        path = folder / f"{stem}.png"
        with writing(path):
            plot_embedding(path, item)
        yield Section(item.title, f"{item.note} The points are in {POINTS}.", [Drawing(path, item.title)])


def _write_points(found: PartMaps, path: Path) -> None:
    names = [name for axes, _ in zip(AXES, found.maps, strict=False) for name in axes]
    columns = [values for item in found.maps for values in (item.x, item.y)]
    with writing(path), path.open("x", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "part", "group", *names])
        for name, part, group, *values in zip(found.ids, found.parts, found.groups, *columns, strict=True):
            rows.writerow([guard_formula(name), part, guard_formula(group), *(f"{x:.6g}" for x in values)])
