"""The refusal of boxes with too many faults."""

from pathlib import Path

import pytest

from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.faults import check_lost_boxes, commonest_fault
from hibiscus.errors import DataError


def test_the_commonest_fault_is_one_by_which_boxes_were_lost():
    faults = {"clipped": 9, "zero area": 2, "outside": 1}
    assert commonest_fault(faults, {"zero area": "x.csv, line 2: no area"}) == (
        "boxes of zero area (skipped): 2, first x.csv, line 2: no area"
    )
    assert commonest_fault({"clipped": 9}, {}) == ""


def test_too_many_are_refused(tmp_path):
    found = boxes.small(tmp_path)
    check_lost_boxes("data", found, 0.0)
    found.lost, found.faults, found.first = 2, {"outside": 2}, {"outside": "a.xml: outside"}
    check_lost_boxes("data", found, 0.25)
    with pytest.raises(DataError, match=r"2 of 8 boxes cannot be used: .*: 2, first a\.xml"):
        check_lost_boxes("data", found, 0.2)
    found.lost, found.lost_images = 0, 5
    with pytest.raises(DataError, match="5 of 10 images"):
        check_lost_boxes("data", found, 0.2)
    with pytest.raises(DataError, match="no usable box"):
        check_lost_boxes("data", BoxSet(Path(), (), [], format="csv"), 1.0)
