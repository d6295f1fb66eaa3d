"""Bars as rows of the page, and small plots with common limits."""

import math

import pytest

from hibiscus.report.multiples import bars_view, multiples_view
from hibiscus.report.parse_items import parse_item
from hibiscus.report.records import UnreadableRecord


def view(content, tmp_path):
    record = parse_item(content, tmp_path)
    return bars_view(record) if content["kind"] == "bars" else multiples_view(record)


def test_bars_share_a_scale_with_zero(tmp_path):
    content = {
        "kind": "bars",
        "title": "Importance",
        "names": ["a", "b", "<c>"],
        "values": [0.3, -0.1, None],
        "deviations": [0.01, -0.0001, None],
        "percent": True,
    }
    rows = view(content, tmp_path)["bars"]
    assert [row["name"] for row in rows] == ["a", "b", "<c>"]
    assert [(row["left"], row["width"]) for row in rows] == [
        ("25.00", "75.00"),
        ("0.00", "25.00"),
        ("25.00", "0.00"),
    ]
    assert [row["value"] for row in rows] == ["30.0 %", "−10.0 %", ""]
    assert [row["deviation"] for row in rows] == ["1.0 %", "0.0 %", ""]


def panel(title, y, categories=()):
    series = [{"name": "yes", "x": list(range(len(y))), "y": y}]
    return {"title": title, "series": series, "categories": list(categories)}


def test_plots_of_numbers_and_of_categories(tmp_path):
    panels = [panel("age", [0.2, 0.5, None]), panel("sex", [0.3, 0.6], ["Female", "Male <b>"])]
    content = {"kind": "multiples", "title": "Dependence", "y_label": "probability", "panels": panels}
    drawn = view(content, tmp_path)
    assert [plot["title"] for plot in drawn["panels"]] == ["age", "sex"]
    assert "Male &lt;b&gt;" in drawn["panels"][1]["svg"]
    assert 'aria-label="probability by age"' in drawn["panels"][0]["svg"]
    assert drawn["legend"] == [{"name": "yes", "color": "accent", "dashed": False}]


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "multiples", "panels": ["no object"]},
        {"kind": "multiples", "panels": [{"series": [3]}]},
    ],
)
def test_panels_that_are_none_are_unreadable(content, tmp_path):
    assert isinstance(parse_item(content, tmp_path), UnreadableRecord)


def test_nothing_to_draw(tmp_path):
    empty = {"kind": "multiples", "title": "D", "y_label": "p", "panels": []}
    assert view(empty, tmp_path)["panels"] == []
    nothing = {"kind": "bars", "title": "I", "names": [], "values": [math.nan][:0]}
    assert view(nothing, tmp_path)["bars"] == []
