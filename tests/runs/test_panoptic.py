"""Two runs merged: maps of images, their quality where truth is given."""

from __future__ import annotations

import numpy as np
import pytest

from data import make_files as make
from hibiscus import api
from hibiscus.errors import UsageError
from hibiscus.runs import panoptic as _panoptic


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    things = api.train(
        "ssd",
        "scenes",
        out=folder / "things",
        quiet=True,
        epochs=1,
        max_rounds=2,
        width=0.25,
        levels=2,
        score_threshold=0.05,
    )
    stuff = api.train(
        "unet", "scenes", out=folder / "stuff", quiet=True, epochs=1, max_rounds=2, width=4, depth=2
    )
    return things, stuff


def test_the_test_part_is_measured(runs):
    things, stuff = runs
    found = api.panoptic(things.path, stuff.path, "scenes")
    assert set(found["by_class"]) == {"ground", "disc", "square", "triangle"}
    assert {"pq", "sq", "rq", "pq_things", "pq_stuff"} <= set(found["metrics"])
    assert all(0 <= value <= 1 for value in found["metrics"].values())
    assert found["maps"][0].segments.shape == (48, 64)


def test_perfect_runs_have_perfect_quality(runs, monkeypatch):
    things, stuff = runs
    dataset = things.open_like_training("scenes")
    rows = dataset.fields["boxes"][:8]
    area = np.where(rows[..., 4] >= 0, (rows[..., 2] - rows[..., 0]) * (rows[..., 3] - rows[..., 1]), 9)
    rows = np.take_along_axis(
        rows, np.argsort(area, 1, kind="stable")[..., None], 1
    )  # the surest first: here the smallest
    boxes = np.concatenate(
        [rows[..., :4] * (64, 48, 64, 48), np.full((*rows.shape[:2], 1), 0.9), rows[..., 4:]], 2
    )
    answer = {"id": dataset.ids[:8], "skipped": [], "size": np.tile([48, 64], (8, 1))}
    monkeypatch.setattr(things, "predict", lambda _: {**answer, "boxes": boxes})
    monkeypatch.setattr(stuff, "predict", lambda _: {**answer, "mask": dataset.fields["mask"][:8, ..., None]})
    monkeypatch.setattr(_panoptic, "_truth", lambda *_: [_panoptic._select(dataset, np.arange(8))] * 2)
    found = _panoptic.panoptic_maps(things, stuff, "scenes")
    assert found["truth"] == "annotated objects"
    assert 0.8 < found["metrics"]["pq"] < 1  # the rule of merging errs where shapes of a class overlap
    assert found["metrics"]["pq_stuff"] == 1
    monkeypatch.setattr(_panoptic, "read_instances", lambda _: None)
    found = _panoptic.panoptic_maps(things, stuff, "scenes")
    assert (found["truth"], found["metrics"]["pq"]) == ("merged boxes and masks", pytest.approx(1))


def test_images_without_annotations_are_refused_before_anything_is_computed(runs, monkeypatch, tmp_path):
    things, stuff = runs
    monkeypatch.setattr(type(things), "predict", lambda *_: pytest.fail("computed"))
    make.image(tmp_path / "a.png")
    for images in (tmp_path, tmp_path / "a.png", [tmp_path / "a.png"]):
        with pytest.raises(UsageError, match="nothing would be kept"):
            _panoptic.panoptic_maps(things, stuff, images, metrics_only=True)


def test_the_runs_must_be_of_the_right_kinds(runs):
    things, stuff = runs
    with pytest.raises(UsageError, match=r"things: .* is of unet"):
        _panoptic.panoptic_maps(stuff, stuff, "scenes")
    with pytest.raises(UsageError, match=r"stuff: .* is of ssd"):
        _panoptic.panoptic_maps(things, things, "scenes")
