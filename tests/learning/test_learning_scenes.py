"""Drawn scenes: each pixel's class is learned, and where the shapes are. Slow: one training at a time, all
threads.
"""

from __future__ import annotations

import pytest

from hibiscus import api

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("method", "options", "least"),
    [
        ("unet", {"epochs": 20}, 0.8),
        ("fcn", {"epochs": 15, "width": 8, "blocks": 2, "filters": 32}, 0.75),
        ("pspnet", {"epochs": 20, "width": 8, "blocks": 1, "filters": 32}, 0.6),
    ],
)
def test_the_class_of_each_pixel_is_learned(tmp_path, method, options, least):
    found = api.train(method, "scenes", out=tmp_path / "run", quiet=True, **options).evaluation()
    assert found["metrics"]["test/miou"] > least
    assert found["baselines"]["commonest class at each place"]["test/miou"] < 0.3


def test_shapes_are_found_and_told_apart(tmp_path):
    run = api.train("ssd", "scenes", out=tmp_path / "run", quiet=True, epochs=20, finest_stride=4, width=0.5)
    found = run.evaluation()
    assert found["metrics"]["test/map50"] > 0.75
    assert found["baselines"]["mean box of each class"]["test/map50"] < 0.1
    assert found["metrics"]["test/matched_iou"] > 0.75
