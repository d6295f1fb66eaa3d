"""Tables of boxes."""

import pytest

from data import make_files as make
from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes.formats import find_boxes, read_boxes
from hibiscus.errors import DataError

HEADER = "frame,xmin,xmax,ymin,ymax,class_id"


def table(
    root, *rows, name="labels.csv", header=HEADER, images=("a.png", "b.png"), folder="images", classes=None
):
    for image in images:
        make.image(root / folder / image, size=(40, 60))
    root.mkdir(exist_ok=True)
    (root / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    if classes is not None:
        (root / "classes.txt").write_text(classes)
    return root


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (HEADER, "a.png,1,11,2,22,1"),
        ("Class,XMin,YMin,XMax,YMax,Image_Path", "1,1,2,11,22,images/a.png"),
        ("filename,width,height,class,xmin,ymin,xmax,ymax", "a.png,60,40,1,1,2,11,22"),
        ("image;x;y;width;height;label", "a.png;1;2;10;20;1"),
        ("picture,xmin,ymin,xmax,ymax,label", "a.png,1,2,11,22,1"),
        ("file\tx1\ty1\tx2\ty2\tlabel", "a.png\t1\t2\t11\t22\t1.0"),
        ("image,x,y,w,h", "a.png,1,2,10,20"),
    ],
)
def test_columns_in_any_order_and_case(tmp_path, header, row):
    root = table(tmp_path, row, header=header)
    for place in (root, root / "labels.csv"):
        found = read_boxes(place)
        assert find_boxes(place) == found.format == "csv"
        assert found.images[0].boxes.tolist() == [[1, 2, 11, 22]]
        assert found.classes == (("object",) if header.endswith("w,h") else ("1",))
        assert found.faults == {"image without annotation": 1}


@pytest.mark.parametrize(
    ("classes", "ids", "names"),
    [
        ("0 background\n1 water\n2 soda\n", "12", ("water", "soda")),
        ("background\nwater\nsoda\n", "12", ("water", "soda")),
        ("water\nsoda\n", "12", ("water", "soda")),
        ("water\nsoda\n", "01", ("water", "soda")),
        ("0 background\n1 water\n", "01", ("background", "water")),
        ("1 water\n7 soda\n", "17", ("water", "soda")),
    ],
)
def test_names_of_classes(tmp_path, classes, ids, names):
    found = read_boxes(table(tmp_path, *(f"a.png,1,11,2,22,{own}" for own in ids), classes=classes))
    assert found.classes == names
    assert found.images[0].labels.tolist() == [0, 1]


def test_parts_by_tables_and_by_lists(tmp_path):
    table(tmp_path, "a.png,1,11,2,22,x", name="labels_train.csv", images=["a.png", "b.png", "c.png"])
    table(tmp_path, "b.png,1,11,2,22,x", "a.png,1,11,2,22,x", name="labels_test.csv")
    (tmp_path / "val.txt").write_text("c\nmissing\n")
    found = read_boxes(tmp_path)
    assert found.parts == {"train": [0], "val": [2], "test": [1]}
    assert [len(image) for image in found.images] == [1, 1, 0]
    assert found.faults == {"in two parts": 1, "image without objects": 1, "annotation without image": 1}
    assert "labels_test.csv: 1 of its images" in found.notes[0]


def test_part_folders(tmp_path):
    for part in ("train", "valid"):
        table(tmp_path / part, "a.png,1,11,2,22,x", name="_annotations.csv", folder=".")
    found = read_boxes(tmp_path)
    assert found.parts == {"train": [0], "val": [1]}


def test_rows_that_are_not_sound(tmp_path):
    rows = [
        "a.png,nan,1,1,1,1",
        "a.png,x,1,1,1,1",
        "a.png,1,1,2,5,1",
        "a.png,9,3,2,5,1",
        "a.png,70,80,1,2,1",
        "a.png,50,80,1,2,1",
        "a.png,1",
    ]
    rows += [
        "missing.png,1,2,3,4,1",
        "../a.png,1,2,3,4,1",
        "/etc/passwd,1,2,3,4,1",
        "b.png,,,,,",
        "a.png,1,2,3,4,5",
        "missing.png,1,2,3,4,1",
        "",
    ]
    found = read_boxes(table(tmp_path, *rows, classes="1 water"))
    assert found.faults == {
        "not a number": 2,
        "zero area": 1,
        "reversed": 1,
        "outside": 1,
        "clipped": 1,
        "malformed": 1,
        "annotation without image": 3,
        "path refused": 1,
        "path resolved": 1,
        "unknown class": 1,
        "image without objects": 1,
    }
    assert [len(image) for image in found.images] == [3, 0]
    assert all(f"labels.csv, line {number}:" in boxes.reasons(found) for number in [*range(2, 12), 13])


def test_other_tables_are_none(tmp_path):
    for header in ("frame,xmin,xmax,ymin,class", "xmin,ymin,xmax,ymax,class", "a,b", ""):
        assert find_boxes(table(tmp_path, "1,2,3,4,5", header=header)) is None


def test_odd_words_in_the_class_column(tmp_path):
    found = read_boxes(
        table(
            tmp_path, *(f"a.png,1,2,3,4,{own}" for own in ("--1", "1e300", "inf", "nan", "\u0663", "-1", "2"))
        )
    )
    assert len(found.classes) == 7
    assert found.count == 7


def test_a_field_without_end_and_too_many_classes(tmp_path):
    with pytest.raises(DataError, match=r"labels\.csv, line .*invalid CSV"):
        read_boxes(table(tmp_path, 'a.png,1,2,3,4,"' + "x" * 200_000))
    with pytest.raises(DataError, match="1,001 classes"):
        read_boxes(table(tmp_path, *(f"a.png,1,2,3,4,c{i}" for i in range(1001))))
