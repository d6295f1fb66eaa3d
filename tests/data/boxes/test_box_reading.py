"""What the numbers of boxes mean, decided for all boxes together."""

import numpy as np
import pytest

from hibiscus.data.boxes.box_reading import Numbers, all_inside, infer_layout, infer_unit, to_corners
from hibiscus.errors import DataError

SIDES = np.full((20, 2), 100.0)


def test_corners_of_each_layout():
    assert to_corners((1, 2, 5, 8), "corners") == [1, 2, 5, 8]
    assert to_corners((1, 2, 4, 6), "xywh") == [1, 2, 5, 8]
    assert to_corners((3, 5, 4, 6), "cxcywh") == [1, 2, 5, 8]


def test_units():
    shares = np.array([[0.1, 0.2, 0.3, 1.02], [np.nan] * 4])
    assert infer_unit(Numbers(), shares, "auto")[0] == "fractions"
    assert infer_unit(Numbers(), shares * 10, "auto") == ("pixels", "")
    assert infer_unit(Numbers(), shares, "pixels") == ("pixels", "")
    assert infer_unit(Numbers(unit="percent"), shares, "auto") == ("percent", "")


def test_a_few_boxes_beyond_the_image_change_no_layout():
    values = np.tile([10.0, 10, 20, 20], (20, 1))
    values[0] = [90, 10, 60, 20]  # beyond the image as corner and size, not as center and size
    values[0, 2] = 30
    numbers = Numbers(("xywh", "cxcywh"))
    assert infer_layout(numbers, values, SIDES, "auto") == ("xywh", "")
    values[1] = values[0] - [6, 0, 0, 0]
    assert infer_layout(numbers, values, SIDES, "auto")[0] == "xywh"  # the first does not fit either way
    values[0] = values[1]
    assert infer_layout(numbers, values, SIDES, "auto")[0] == "cxcywh"
    assert infer_layout(numbers, values, SIDES, "xywh") == ("xywh", "")


def test_names_that_contradict_their_numbers():
    values = np.tile([50.0, 50, 20, 20], (20, 1))
    with pytest.raises(DataError, match="20 of 20 boxes"):
        infer_layout(Numbers(("corners", "xywh"), given="names"), values, SIDES, "auto")
    assert (
        "fits as well" in infer_layout(Numbers(("xywh", "cxcywh"), given="order"), values, SIDES, "auto")[1]
    )
    assert infer_layout(Numbers(), values, SIDES, "xywh") == ("corners", "")  # one layout only


def test_inside():
    assert all_inside([(0, 0, 101, 50), (float("nan"), 0, 1, 1)], 50, 100)
    assert not all_inside([(0, 0, 103, 50)], 50, 100)
