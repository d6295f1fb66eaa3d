"""The files of maps of embeddings: hibiscus.runs.embedding_files."""

import csv

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.evaluation.chart_items import Scatter
from hibiscus.runs.embedded_parts import PartMaps
from hibiscus.runs.embedding_files import embedding_sections


def maps_of(count):
    x = np.arange(3.0)
    maps = [Scatter(f"map {number}", "", "", x + number, -x, note="Three items.") for number in range(count)]
    return PartMaps(["=a", "b", "c"], ["test", "test", "input"], ["cat", "+dog", "input"], maps)


@pytest.mark.parametrize("count", [1, 2])
def test_a_drawing_for_each_map_and_one_table(tmp_path, count):
    sections = list(embedding_sections(maps_of(count), tmp_path))
    assert [section.title for section in sections] == [f"map {number}" for number in range(count)]
    assert all(drawing.path.is_file() for section in sections for drawing in section.drawings)
    rows = list(csv.DictReader((tmp_path / "embedding.csv").read_text().splitlines()))
    assert [row["id"] for row in rows] == ["'=a", "b", "c"]
    assert [row["group"] for row in rows] == ["cat", "'+dog", "input"]
    assert [float(row["component_1"]) for row in rows] == [0, 1, 2]
    assert ("t_sne_1" in rows[0]) == (count == 2)


def test_a_folder_that_is_gone(tmp_path):
    with pytest.raises(DataError):
        list(embedding_sections(maps_of(1), tmp_path / "gone"))
