"""Boxes around outlines."""

import math

import pytest

from hibiscus.data.boxes.outlines import box_around, box_of_ellipse, rotated_corners


def test_boxes_around_points_and_turned_rectangles():
    assert box_around([(3, 1), (1, 5), (2, 2)]) == [1, 1, 3, 5]
    assert all(map(math.isnan, box_around([(3, float("nan"))])))
    assert box_around(rotated_corners(10, 20, 6, 2, math.pi / 2)) == pytest.approx([9, 17, 11, 23])
    side = math.sqrt(2)
    assert box_around(rotated_corners(0, 0, 2, 2, math.pi / 4)) == pytest.approx([-side, -side, side, side])
    assert all(map(math.isnan, box_around(rotated_corners(0, 0, 2, 2, math.inf))))


def test_the_box_of_a_turned_ellipse_touches_it():
    angle = 0.7
    points = [
        (5 * math.cos(t) * math.cos(angle) - 2 * math.sin(t) * math.sin(angle),
         5 * math.cos(t) * math.sin(angle) + 2 * math.sin(t) * math.cos(angle))
        for t in (2 * math.pi * i / 20000 for i in range(20000))
    ]  # fmt: skip
    assert box_of_ellipse(0, 0, 5, 2, angle) == pytest.approx(box_around(points), abs=1e-5)
