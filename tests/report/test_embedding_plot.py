"""A map of embeddings as a file: hibiscus.report.embedding_plot."""

import numpy as np
from PIL import Image

from hibiscus.evaluation.chart_items import Scatter
from hibiscus.report.embedding_plot import COLORS, plot_embedding


def drawn(path, **options):
    plot_embedding(path, Scatter("map", "x", "y", [0.0, 1, 2, float("nan")], [0.0, 2, 1, 0], **options))
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def near(pixels, color, distance=60):
    return (np.abs(pixels - np.array(color)).sum(2) < distance).sum()


def test_groups_have_colors_and_marked_points_crosses(tmp_path):
    groups = ["$cat", "$cat", "dog", "dog"]
    plain = drawn(tmp_path / "a.png", groups=groups)
    marked = drawn(tmp_path / "b.png", groups=groups, marked=[False, True, False, True])
    for color in COLORS[:2]:
        assert near(plain, [int(color[i : i + 2], 16) for i in (1, 3, 5)], 200) > 20
    assert near(marked, (0, 0, 0)) > near(plain, (0, 0, 0))


def test_points_without_groups_and_more_groups_than_colors(tmp_path):
    drawn(tmp_path / "a.png")
    many = [f"class {number}" for number in range(30)]
    values = np.arange(30.0)
    plot_embedding(tmp_path / "b.png", Scatter("map", "", "", values, values, groups=many))
    with Image.open(tmp_path / "b.png") as image:
        assert near(np.asarray(image.convert("RGB")).astype(int), (0xDE, 0xE2, 0xE6), 20) > 20
