"""Segmentations of COCO annotations; the reader's use of them is tested in test_coco."""

import math

import numpy as np
import pytest

from hibiscus.data.boxes.coco_masks import (
    box_of_segmentation,
    check_segmentation,
    json_number,
    segmentation_mask,
)
from hibiscus.data.boxes.validate import BoxSetBuilder


def test_numbers_of_json():
    assert json_number(3) == 3.0
    for value in ("3", True, None, [3], 10**400):
        assert math.isnan(json_number(value))


def test_good_polygons_stay_and_others_are_dropped(tmp_path):
    builder = BoxSetBuilder(tmp_path, "coco")
    extra = {"id": 7, "segmentation": [[0, 0, 4, 0, 4, 4], [0, 0, 4, 0]]}
    check_segmentation(builder, "a.json, image 1", extra, (5, 5))
    assert extra["segmentation"] == [[0, 0, 4, 0, 4, 4]]
    assert builder.faults["bad mask"] == 1
    wrong = {"segmentation": {"size": [9, 9], "counts": [81]}}
    check_segmentation(builder, "a.json, image 1", wrong, (5, 5))
    assert wrong == {}
    assert "the image has 5 x 5" in builder.repaired[-1].reason


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
@pytest.mark.parametrize("seed", range(4))
def test_polygons_and_runs_against_pycocotools(seed):
    from pycocotools import mask as reference

    rng = np.random.default_rng(seed)
    height, width = 60, 80
    angles = np.sort(rng.random(7)) * 2 * np.pi
    points = np.stack([40 + 30 * np.cos(angles), 30 + 25 * np.sin(angles)], 1).ravel().tolist()
    own = segmentation_mask([points], (height, width))
    packed = reference.frPyObjects([points], height, width)[0]
    its = reference.decode(packed).astype(bool)
    assert (own & its).sum() / (own | its).sum() > 0.95  # pycocotools rounds the outline to pixels
    text = {"size": [height, width], "counts": packed["counts"].decode()}
    np.testing.assert_array_equal(segmentation_mask(text, (height, width)), its)
    x, y, w, h = reference.toBbox(packed)
    assert box_of_segmentation(text, {"height": height, "width": width}) == [x, y, x + w, y + h]
    noise = np.asfortranarray(rng.random((height, width)) < 0.3, dtype=np.uint8)
    text["counts"] = reference.encode(noise)["counts"].decode()
    np.testing.assert_array_equal(segmentation_mask(text, (height, width)), noise)
