"""`hibiscus convert boxes`."""

import pytest

from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes.formats import read_boxes


@pytest.fixture
def blood(tmp_path):
    """A VOC folder with one bad box, one crowd, two parts."""
    root = boxes.voc(
        tmp_path / "blood",
        "a",
        [("red", (1, 2, 30, 40), "<pose>Left</pose>", 1), ("white", (5, 5, 5, 9))],
        part="train",
    )
    return boxes.voc(root, "b", [("red", (9, 2, 3, 40))], part="test")


@pytest.mark.parametrize("to", ["coco", "yolo", "csv", "voc"])
def test_it_says_what_it_did(cli, blood, to):
    answer = cli("convert", "boxes", blood, "--to", to, "--out", "out")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(
        f"2 images with 2 boxes of 1 class: voc to {to}, written to out\nparts: train 1, test 1\n"
    )
    assert "skipped: " in answer.out
    assert "a.xml, object 2: the box (5, 5, 5, 9) has no area" in answer.out
    assert "repaired: " in answer.out
    assert ("lost in yolo: crowd of 1 box" in answer.out) == (to == "yolo")
    assert ("pose of 1 box" in answer.out) == (to in ("yolo", "csv"))
    back = read_boxes("out")
    assert sorted(image.boxes.tolist() for image in back.images) == [[[1, 2, 30, 40]], [[3, 2, 9, 40]]]


def test_json_is_one_object(cli, blood):
    answer = cli("convert", "boxes", blood, "--to", "yolo", "--out", "out", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["parts"] == {"train": 1, "test": 1}
    assert (answer.json["images"], answer.json["boxes"], answer.json["classes"]) == (2, 2, ["red"])
    assert answer.json["lost"] == {"crowd": 1, "pose": 1}
    assert answer.json["faults"] == {"zero area": 1, "reversed": 1}
    assert len(answer.json["skipped"]) == len(answer.json["repaired"]) == 1


def test_images_elsewhere(cli, blood, tmp_path):
    (blood / "JPEGImages").rename(tmp_path / "pictures")
    assert (
        cli("convert", "boxes", blood, "--to", "csv", "--out", "out", "--images", tmp_path / "pictures").code
        == 0
    )
    assert read_boxes("out").count == 2


def test_errors(fails, blood, tmp_path):
    fails(3, "not empty", "convert", "boxes", blood, "--to", "coco", "--out", blood, untouched=blood)
    fails(3, "no such file or folder", "convert", "boxes", "nothing", "--to", "coco", "--out", "out")
    fails(
        3, "no boxes in a known format", "convert", "boxes", tmp_path / "here", "--to", "coco", "--out", "out"
    )
    fails(4, "did you mean coco", "convert", "boxes", blood, "--to", "cocoo", "--out", "out")
    fails(2, "cannot be converted", "convert", "masks", blood, "--to", "coco", "--out", "out")
    fails(2, "'--to'", "convert", "boxes", blood, "--out", "out")


def test_help_says_what_each_format_cannot_hold(cli):
    said = cli("convert", "--help").out
    assert "yolo cannot store them" in " ".join(said.split())
    assert "\n    voc   Annotations/*.xml" in said
    assert "hibiscus convert boxes blood/ --to yolo" in said
