"""Exhibits come back from JSON and from a folder as they went, and refuse what does not fit."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import DataError, RunError
from hibiscus.evaluation.items import (
    Curve,
    Gallery,
    Matrix,
    Scatter,
    Series,
    Table,
    load_report_items,
    report_item_from_json,
    save_report_items,
)

PLAIN = [
    Matrix("Confusion", ["cat", "dog"], ["cat", "dog"], np.array([[3, 1], [0, np.nan]]), "rows are true"),
    Curve(
        "Loss",
        "epoch",
        "nats",
        [Series("train", [1, 2], np.float32([0.5, np.inf])), Series("val", [1], [2])],
        True,
    ),
    Scatter(
        "Fit", "true", "predicted", np.arange(3), [0.1, -np.inf, 2.0], diagonal=True, groups=["a", "b", "a"]
    ),
    Table(
        "Classes",
        ["class", "precision", "seen"],
        [["<b>", np.nan, True], [None, np.float64(0.5), np.int64(3)]],
    ),
    Table("Empty", ["a"], []),
]


@pytest.mark.parametrize("report_item", PLAIN, ids=lambda report_item: report_item.title)
def test_json_round_trip(report_item):
    text = json.dumps(report_item.to_json(), allow_nan=False)
    back = report_item_from_json(json.loads(text))
    assert type(back) is type(report_item)
    assert back == report_item
    assert back.to_json() == report_item.to_json()


def test_what_is_not_finite_becomes_null():
    values = PLAIN[0].to_json()["values"]
    assert values == [[3, 1], [0, None]]
    assert PLAIN[1].to_json()["series"][0] == {"name": "train", "x": [1, 2], "y": [0.5, None]}
    assert np.isnan(np.array(PLAIN[2].y, dtype=float)[1])  # and NumPy reads it as not a number


@given(st.lists(st.floats(width=64), max_size=20), st.text(max_size=20))
@settings(deadline=None, max_examples=50)
def test_any_numbers_and_any_text(values, text):
    report_item = Scatter(text, text, text, values, values, note=text)
    assert (
        report_item_from_json(json.loads(json.dumps(report_item.to_json(), allow_nan=False))) == report_item
    )


def images():
    rng = np.random.default_rng(0)
    shapes = [(5, 7), (5, 7, 1), (4, 6, 3), (4, 6, 4), (1, 1, 3)]
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]


def test_a_folder_gives_back_what_it_took(tmp_path):
    gallery = Gallery(
        "Most mistaken", images(), [f"image {i}" for i in range(5)], "a note", [("road", "#123abc")]
    )
    save_report_items([*PLAIN, gallery], tmp_path / "new" / "evidence")
    folder = tmp_path / "new" / "evidence"
    *plain, back = load_report_items(folder)
    assert plain == PLAIN
    assert isinstance(back, Gallery)
    assert (back.title, back.captions, back.note) == (gallery.title, gallery.captions, gallery.note)
    assert [tuple(pair) for pair in back.key] == [("road", "#123abc")]
    for ours, theirs in zip(back.images, images(), strict=True):
        np.testing.assert_array_equal(ours, theirs.squeeze(-1) if theirs.shape[2:] == (1,) else theirs)
    assert sorted(path.name for path in folder.iterdir())[:2] == ["item-05-000.png", "item-05-001.png"]

    save_report_items(PLAIN[:1], folder)
    assert [path.name for path in folder.iterdir()] == ["report_items.json"]


def test_a_gallery_can_embed_its_images():
    back = report_item_from_json(json.loads(json.dumps(Gallery("g", images()[2:]).to_json())))
    assert isinstance(back, Gallery)
    assert all((a == b).all() for a, b in zip(back.images, images()[2:], strict=True))


@pytest.mark.parametrize(
    "call",
    [
        lambda: Matrix("m", ["a"], ["b"], [[1, 2]]),
        lambda: Series("s", [1], [1, 2]),
        lambda: Scatter("s", "x", "y", [1], []),
        lambda: Scatter("s", "x", "y", [1, 2], [1, 2], groups=["a"]),
        lambda: Table("t", ["a", "b"], [[1]]),
        lambda: Table("t", ["a"], [[object()]]),
        lambda: Gallery("g", [np.zeros((2, 2))]),
        lambda: Gallery("g", [np.zeros((2, 2, 2), np.uint8)]),
        lambda: Gallery("g", [np.zeros((2, 2), np.uint8)], ["a", "b"]),
    ],
)
def test_what_does_not_fit_is_refused(call):
    with pytest.raises(DataError):
        call()


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"kind": "series", "name": "s", "x": [], "y": []},
        {"kind": "table", "title": "t"},
        {"kind": "table", "title": "t", "columns": ["a"], "rows": [[1, 2]]},
        {"kind": "gallery", "title": "g", "images": ["../secret.png"]},
        {"kind": "gallery", "title": "g", "images": ["absent.png"]},
        {"kind": "gallery", "title": "g", "images": ["data:image/png;base64,AAAA"]},
    ],
)
def test_what_is_no_exhibit_is_refused(value, tmp_path):
    with pytest.raises(RunError):
        report_item_from_json(value, tmp_path)


def test_a_folder_without_report_items(tmp_path):
    with pytest.raises(RunError, match=r"report_items\.json"):
        load_report_items(tmp_path)
    (tmp_path / "report_items.json").write_text("{")
    with pytest.raises(RunError, match=r"report_items\.json"):
        load_report_items(tmp_path)


def test_the_images_of_a_gallery_fill_whole_groups():
    images = [np.zeros((2, 2), np.uint8)] * 6
    assert report_item_from_json(Gallery("g", images, group=3).to_json()).group == 3
    with pytest.raises(DataError, match="do not match"):
        Gallery("g", images, group=4)
