"""Files around boxes: found without leaving the folder, read with a limit, written under names that no two
share.
"""

from pathlib import Path

import pytest

from data import make_files as make
from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.formats import FORMATS, read_boxes, write_boxes
from hibiscus.data.boxes.image_files import ImageIndex, copy_file
from hibiscus.errors import DataError


def test_images_are_found_by_name_and_stem(tmp_path):
    for name in ("train/a.png", "val/a.png", "images/b.png", "more/b.png", "masks/b.png", "c.jpg.png"):
        make.image(tmp_path / name)
    index = ImageIndex([tmp_path])
    assert index.find("train/a.png") == tmp_path / "train" / "a.png"
    assert index.find("elsewhere/c.jpg.png") == tmp_path / "c.jpg.png"
    assert index.find("a.png") is None
    assert index.find("a.png", part="val") == tmp_path / "val" / "a.png"
    assert index.find("b.png", [tmp_path / "images"]) == tmp_path / "images" / "b.png"
    assert index.of_stem("b", tmp_path / "more") == tmp_path / "more" / "b.png"
    assert not any(
        file.parent.name == "masks" for file in index.files
    )  # masks have the names of their images
    assert index.of_stem("b") is None
    assert index.of_stem("a", part="train") == tmp_path / "train" / "a.png"
    assert index.listed("c.jpg") == index.listed("c.jpg.png") == tmp_path / "c.jpg.png"
    assert index.listed("../c.jpg.png") is None
    assert index.beside([tmp_path / "images" / "b.png", tmp_path / "c.jpg.png"]) == 0


@pytest.mark.parametrize("format", FORMATS)
def test_names_that_meet_or_cannot_stand_in_a_list(tmp_path, format):
    names = [
        "x/a.png",
        "y/a.png",
        "A.jpg",
        "x_a.png",
        "line\nbreak.png",
        " .b.png",
        'comma, "quoted".png',
        "d.e.png",
        "~f.png",
    ]
    images = [
        boxes.annotated(tmp_path / "source", name, [[i, 0, 20, 30]], [0]) for i, name in enumerate(names)
    ]
    write_boxes(
        BoxSet(tmp_path / "source", ("ant",), images, {"train": list(range(9))}), tmp_path / "out", format
    )
    back = read_boxes(tmp_path / "out")
    assert sorted(int(image.boxes[0, 0]) for image in back.images) == list(range(9))
    assert len({Path(image.name).stem.casefold() for image in back.images}) == 9
    assert len(back.parts["train"]) == 9
    assert back.skipped == []


def test_a_device_is_not_copied(tmp_path):
    (tmp_path / "a.png").symlink_to("/dev/zero")
    with pytest.raises(DataError, match=r"a\.png: a device"):
        copy_file(tmp_path / "a.png", tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()
