"""YOLO's text files."""

import numpy as np
import pytest

from data import make_files as make
from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes import yolo as boxes_yolo
from hibiscus.data.boxes.formats import find_boxes, read_boxes
from hibiscus.errors import DataError

LINE = "1 0.5 0.5 0.5 0.25\n"


def yolo(root, place="images/train", name="a", text=LINE):
    """An image and its labels in the parallel folder."""
    make.image(root / place / f"{name}.png", size=(40, 60))
    if text is not None:
        labels = root / place.replace("images", "labels")
        labels.mkdir(parents=True, exist_ok=True)
        (labels / f"{name}.txt").write_text(text)
    return root


def config(root, text):
    (root / "data.yaml").write_text(text)
    return root / "data.yaml"


@pytest.mark.parametrize("layout", ["images/{}", "{}/images"])
@pytest.mark.parametrize("names", ["names: [ant, bee]", "names: {0: ant, 1: bee}"])
def test_both_layouts(tmp_path, layout, names):
    for part in ("train", "val"):
        yolo(tmp_path, layout.format(part))
    yolo(tmp_path, layout.format("val"), "empty", None)
    paths = f"train: {layout.format('train')}\nval: {layout.format('val')}\n"
    file = config(tmp_path, f"{paths}nc: 2\n{names}\n")
    for place in (file, tmp_path):
        found = read_boxes(place)
        assert find_boxes(place) == found.format == "yolo"
        assert found.classes == ("ant", "bee")
        assert {part: len(places) for part, places in found.parts.items()} == {"train": 1, "val": 2}
        assert [image.boxes.tolist() for image in found.images] == [
            [[15, 15, 45, 25]],
            [[15, 15, 45, 25]],
            [],
        ]
        assert found.faults == {"image without label file": 1, "image without objects": 1}


def test_without_data_yaml(tmp_path):
    yolo(yolo(tmp_path), "images/val", "b", "3 0.5 0.5 1 1")
    found = read_boxes(tmp_path)
    assert (found.classes, found.parts) == (("0", "1", "2", "3"), {"train": [0], "val": [1]})
    assert "their numbers serve as names" in found.notes[0]
    (tmp_path / "classes.txt").write_text("ant\nbee\n")
    assert read_boxes(tmp_path).classes == ("ant", "bee")
    assert read_boxes(tmp_path).faults["unknown class"] == 1


def test_images_in_another_folder(tmp_path):
    yolo(tmp_path / "data", name="a")
    config(tmp_path / "data", "names: [ant, bee]\n")
    (tmp_path / "data" / "images").rename(tmp_path / "pictures")
    (tmp_path / "data" / "images" / "train").mkdir(parents=True)
    found = read_boxes(tmp_path / "data", tmp_path / "pictures")
    assert (found.count, found.parts, found.images[0].name) == (1, {"train": [0]}, "train/a.png")


def test_lists_of_images(tmp_path):
    yolo(yolo(tmp_path, "images"), "images", "b")
    (tmp_path / "train.txt").write_text("./images/a.png\nimages/missing.png\n../outside.png\n")
    (tmp_path / "val.txt").write_text("images/b.png\nimages/a.png\n")
    config(tmp_path, "train: train.txt\nval: val.txt\nnames: [ant, bee]")
    found = read_boxes(tmp_path)
    assert found.parts == {"train": [0], "val": [1]}
    assert found.faults == {"annotation without image": 1, "path refused": 1, "in two parts": 1}


def test_lines_that_are_not_sound(tmp_path):
    lines = [
        "0 nan 0.5 1 1",
        "0 0.5 0.5 inf 1",
        "0 0.5 0.5 1",
        "0 1 2 3 4 5",
        "9 0.5 0.5 1 1",
        "-1 0.5 0.5 1 1",
        "x 0.5 0.5 1 1",
    ]
    lines += [
        "0.5 0.5 0.5 1 1",
        "0 0.5 0.5 0 1",
        "0 3 3 0.1 0.1",
        "0 0.5 0.5 -0.5 0.5",
        "0 1.0 0.5 0.5 0.5",
        "0 0.5 0.5 1_0 1",
        "1e400 1 1 1 1",
    ]
    yolo(tmp_path, text="\n".join(lines))
    config(tmp_path, "train: images/train\nnames: [ant]")
    (tmp_path / "labels" / "train" / "alone.txt").write_text(LINE)
    found = read_boxes(tmp_path)
    assert found.faults == {
        "not a number": 3,
        "malformed": 5,
        "unknown class": 2,
        "zero area": 1,
        "not a fraction": 1,
        "reversed": 1,
        "clipped": 1,
        "annotation without image": 1,
    }
    assert found.images[0].boxes.tolist() == [[15, 10, 45, 30], [45, 10, 60, 30]]
    assert all(f"a.txt, line {number}:" in boxes.reasons(found) for number in range(1, 15))
    assert "alone.txt" in boxes.reasons(found)


def test_outlines_are_taken_for_the_boxes_about_them(tmp_path):
    yolo(tmp_path, text="0 0.1 0.2 0.5 0.1 0.4 0.6\n0 0.1 nan 0.5 0.1 0.4 0.6\n0 0.25 0.25 0.5 0.5")
    config(tmp_path, "train: images/train\nnames: [ant]")
    found = read_boxes(tmp_path)
    width, height = 60, 40
    expected = [[0.1 * width, 0.1 * height, 0.5 * width, 0.6 * height], [0, 0, 0.5 * width, 0.5 * height]]
    np.testing.assert_allclose(found.images[0].boxes, expected, rtol=1e-6)
    assert found.faults["not a number"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train: ../elsewhere\nnames: [a]", "points outside the folder"),
        ("train: /etc\nnames: [a]", "points outside the folder"),
        ("train: [images/train, ../../x]\nnames: [a]", "points outside the folder"),
        ("train: missing\nnames: [a]", "missing does not exist"),
        ("train: images/train\nnames: 3", "its names are"),
        ("train: images/train\nnames: [[a]]", "its names are"),
        ("train: images/train\nnames: {a: b}", "its names are"),
        (f"train: images/train\nnames: {list(range(1001))}", "1,001"),
        ("train: images/train\nnames: [a", "invalid YAML"),
        ("train: !!python/object/apply:os.system [ls]\nnames: [a]", "invalid YAML"),
        ("train: " + "[" * 5000 + "\nnames: [a]", "invalid YAML"),
    ],
)
def test_hostile_data_yaml(tmp_path, text, said):
    config(yolo(tmp_path), text)
    with pytest.raises(DataError, match=said) as error:
        read_boxes(tmp_path)
    assert "data.yaml" in str(error.value)


def test_what_data_yaml_may_tell_oddly(tmp_path):
    yolo(tmp_path, "train/images")
    laughs = "a: &a [x, x]\nb: &b [*a, *a]\n"
    config(tmp_path, f"{laughs}path: /home/someone/data\ntrain: ../train/images\nnc: 3\nnames: [ant, bee]")
    found = read_boxes(tmp_path)
    assert found.parts == {"train": [0]}
    assert len(found.notes) == 3
    config(tmp_path, "train: train/images\nnc: 2")
    assert read_boxes(tmp_path).classes == ("0", "1")


def test_nested_aliases_are_never_spelled_out(tmp_path):
    laughs = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
    )
    for line in (
        "path: *a29\nnames: [ant, bee]",
        "val: *a29\nnames: [ant, bee]",
        f"nc: 0x{'f' * 5000}\nnames: [ant, bee]",
    ):
        config(yolo(tmp_path), f"{laughs}train: images/train\n{line}\n")
        assert read_boxes(tmp_path).count == 1
    for line in ("names: *a29", "names: [*a29]", f"names: [0x{'f' * 5000}]"):
        config(yolo(tmp_path), f"{laughs}train: images/train\n{line}\n")
        with pytest.raises(DataError, match=r"data\.yaml: its names"):
            read_boxes(tmp_path)


def test_a_label_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(boxes_yolo, "MAX_LABEL_BYTES", 100)
    config(yolo(tmp_path, text=LINE * 10), "train: images/train\nnames: [ant, bee]")
    found = read_boxes(tmp_path)
    assert (found.count, found.lost, found.faults["malformed"]) == (0, 1, 1)


def test_labels_of_something_else_are_no_boxes(tmp_path):
    yolo(tmp_path, text="a sentence about the image")
    assert find_boxes(tmp_path) is None
