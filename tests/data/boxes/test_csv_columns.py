"""The columns of tables of boxes."""

import pytest

from hibiscus.data.boxes.csv_columns import find_columns


def columns(tmp_path, *lines):
    (tmp_path / "x.csv").write_text("\n".join(lines))
    return find_columns(tmp_path / "x.csv")


def test_names(tmp_path):
    found = columns(tmp_path, "filename,width,height,class,x,y,w,h")
    assert (found.image, found.edges, found.label, found.sides) == (0, (4, 5, 6, 7), 3, (2, 1))
    assert found.numbers.layouts[0] == "xywh"
    assert found.stated(["a", "100", "80"]) == (80, 100)
    found = columns(tmp_path, "image,bbox", 'a.png,"[1, 2, 3, 4]"', 'b.png,""')
    assert found.edges_of(["a.png", "[1, 2, 3, 4]"]) == [1, 2, 3, 4]
    assert found.edges_of(["a.png", ""]) is None


@pytest.mark.parametrize(
    ("line", "described"),
    [
        ("a.png,1,2,3,4,cat", "image, xmin, ymin, xmax, ymax, class"),
        ("cat;1;2;3;4;a.png", "class, xmin, ymin, xmax, ymax, image"),
        ("a.png,1,2,3,4,0", "image, xmin, ymin, xmax, ymax, class"),
        ("a.png,1,2,3,4", "image, xmin, ymin, xmax, ymax"),
    ],
)
def test_without_a_header(tmp_path, line, described):
    found = columns(tmp_path, line, line)
    assert (found.first_row, found.describe()) == (0, described)


@pytest.mark.parametrize(
    "lines",
    [
        ("image,size,box", "a.png,3,red"),  # no numbers in the box
        ("a.png,1,2,3,4,5,6",),
        ("a.png,0.5,1,2,3,4.5",),  # a class is a whole number
        ("a.png,1,2,3",),
        ("x,1,2,3,4,cat",),
        ("",),
    ],
)
def test_tables_without_boxes(tmp_path, lines):
    assert columns(tmp_path, *lines) is None
