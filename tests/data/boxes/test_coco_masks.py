"""Segmentations of COCO annotations; the reader's use of them is tested in test_coco."""

import math

from hibiscus.data.boxes.coco_masks import check_segmentation, json_number
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
