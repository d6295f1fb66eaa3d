"""The lines of YOLO's label files."""

import pytest

from hibiscus.data.boxes.validate import BoxSetBuilder
from hibiscus.data.boxes.yolo_lines import check_ids, infer_keypoints, line_to_box
from hibiscus.errors import DataError


def lines(*texts):
    return [(text.split(), "a.txt") for text in texts]


@pytest.mark.parametrize(
    ("texts", "length"),
    [
        (["0 .5 .5 .2 .4 .45 .45 .5 .5 .55 .52"], 11),
        (["0 .5 .5 .2 .4 .45 .45 2", "1 .5 .5 .2 .4 .5 .5 0"], 8),
        (["0 .5 .5 .2 .4 0 0 0"], None),  # no point is visible
        (["0 .5 .5 .2 .4 .9 .9 .5 .5 .55 .52"], None),  # an outline
        (["0 .5 .5 .2 .4 .45 .45 .5 .5 .55 .52", "0 .5 .5 .2 .4"], None),
        (["0 .1 .2 .4 .2 .4 .8 .1 .8"], None),  # a rotated box
        ([], None),
    ],
)
def test_keypoints(tmp_path, texts, length):
    assert infer_keypoints(BoxSetBuilder(tmp_path, "yolo"), lines(*texts), None) == length


def test_keypoints_of_a_stated_shape(tmp_path):
    assert infer_keypoints(BoxSetBuilder(tmp_path, "yolo"), [], (17, 3)) == 56


def test_ids_that_count_from_one():
    check_ids(lines("0 1 1 1 1", "2 1 1 1 1"), {0: "a", 1: "b"}, "x")
    check_ids(lines("1 1 1 1 1"), {1: "a"}, "x")
    check_ids(lines("1 1 1 1 1"), {0: "a", 1: "b"}, "x")
    with pytest.raises(DataError, match="class ids up to 2 and none of class 0"):
        check_ids(lines("1 1 1 1 1", "2 1 1 1 1"), {0: "a", 1: "b"}, "x")


def test_boxes_of_lines():
    def box(text, names, keypoints=None):
        return line_to_box(text.split(" "), "", names, keypoints)

    assert box("1 .5 .5 .2 .4", {1: "ant"}).label == "ant"
    assert box("1 .5 .5 .2 .4 .5 .5 2", None, 8).edges == [0.5, 0.5, 0.2, 0.4]
    assert box("1 .1 .2 .3 .1 .2 .9", None).edges == [0.1, 0.1, 0.3, 0.9]
    assert box("1 .5 .5", None).fault[0] == box("x .5 .5 .2 .4", None).fault[0] == "malformed"
    assert box("7 .5 .5 .2 .4", {0: "ant"}).fault[0] == "unknown class"
