"""Masks: where they are found, what their values stand for, and what is wrong with some."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from hibiscus.data.builtin.scenes import SCENE_CLASSES, draw_scenes
from hibiscus.data.dataset import IGNORED, remap_classes
from hibiscus.data.masks.class_list import read_class_list
from hibiscus.data.masks.folder import mask_reading
from hibiscus.data.masks.pairs import find_mask_pairs
from hibiscus.data.masks.preparation import MaskPreparation
from hibiscus.data.open import open_data
from hibiscus.errors import DataError


def image(path, size=(12, 8), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise(size, 60).convert(mode).save(path)


def mask(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint8)).save(path)


def index_masks(folder, count=4, top=3):
    for number in range(count):
        image(folder / "images" / f"{number}.jpg")
        values = np.zeros((8, 12), np.uint8)
        values[:, number:] = np.arange(8)[:, None] % top
        mask(folder / "masks" / f"{number}.png", values)
    return folder


def test_numbers_with_a_class_list_and_what_is_ignored(tmp_path):
    folder = index_masks(tmp_path / "set")
    (folder / "classes.txt").write_text("0 sky\n1 unlabelled\n2 road\n")
    data = open_data(folder)
    assert data.names == {"mask": ("sky", "road")}
    found = data.fields["mask"]
    assert found.shape == (4, 8, 12)
    assert found[0, :3, 0].tolist() == [0, IGNORED, 1]
    assert any("left out of training" in note for note in data.notes)


@pytest.mark.parametrize("name", ["image", "pictures", "Photos", "JPEGImages"])
def test_other_names_of_the_image_folder(tmp_path, name):
    folder = index_masks(tmp_path / "set")
    (folder / "images").rename(folder / name)
    assert len(open_data(folder)) == 4


def test_a_class_list_in_an_older_encoding(tmp_path):
    folder = index_masks(tmp_path / "set")
    (folder / "classes.txt").write_bytes("Gebäude\nStraße\nFuß\n".encode("cp1252"))
    assert open_data(folder).names == {"mask": ("Gebäude", "Straße", "Fuß")}
    (folder / "classes.txt").write_text("one\ntwo\n")
    with pytest.raises(
        DataError, match=r"values 2 belong to no class \(the list has 2 classes: 0, 1"
    ) as caught:
        open_data(folder)
    assert caught.value.expected == "usable files"


def test_numbers_without_a_list(tmp_path):
    assert open_data(index_masks(tmp_path / "set")).names == {"mask": ("class 0", "class 1", "class 2")}


def test_black_and_white(tmp_path):
    for number in range(3):
        image(tmp_path / "set" / "images" / f"{number}.png", mode="L")
        mask(tmp_path / "set" / "masks" / f"{number}.png", np.where(np.eye(8, 12), 255, 0))
    data = open_data(tmp_path / "set")
    assert data.names == {"mask": ("black", "white")}
    assert data.fields["image"].shape[3] == 1
    assert np.array_equal(data.fields["mask"][0], np.eye(8, 12))


@pytest.mark.parametrize("listed", [True, False])
def test_colors(tmp_path, listed):
    folder = tmp_path / "set"
    for number in range(3):
        image(folder / "images" / f"{number}.png")
        values = np.zeros((8, 12, 3), np.uint8)
        values[:4], values[4:] = (128, 0, 64), (0, 200, 0)
        mask(folder / "masks" / f"{number}.png", values)
    if listed:
        (folder / "label_colors.txt").write_text("0 200 0 tree\n128 0 64 road\n")
    data = open_data(folder)
    assert data.names["mask"] == (("tree", "road") if listed else ("#00c800", "#800040"))
    assert data.fields["mask"][0, [0, 7], 0].tolist() == [1, 0]


def test_parts_by_folders_and_by_lists(tmp_path):
    for part in ("train", "val"):
        index_masks(tmp_path / "a" / part, 3)
    data = open_data(tmp_path / "a")
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 3, "val": 3}
    folder = index_masks(tmp_path / "b", 5)
    (folder / "test.txt").write_text("3\n4.jpg\n")
    assert [data.ids[i] for data in [open_data(folder)] for i in data.parts["test"]] == [
        "images/3.jpg",
        "images/4.jpg",
    ]
    assert find_mask_pairs(tmp_path / "a") == [
        (tmp_path / "a" / p / "images", tmp_path / "a" / p / "masks") for p in ("train", "val")
    ]


def test_the_layout_of_segnet(tmp_path):
    for part in ("train", "test"):
        for number in range(2):
            image(tmp_path / part / f"{number}.png")
            mask(tmp_path / f"{part}annot" / f"{number}.png", np.eye(8, 12))
    data = open_data(tmp_path)
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 2, "test": 2}


def broken(folder, what):
    """One of twenty masks is not as it should be."""
    index_masks(folder, 20)
    (folder / "classes.txt").write_text("a\nb\nc\n")
    values = np.zeros((8, 12), np.uint8)
    if what == "size":
        mask(folder / "masks" / "7.png", values[:6])
    elif what == "unknown":
        mask(folder / "masks" / "7.png", values + 9)
    elif what == "missing":
        (folder / "masks" / "7.png").unlink()
    elif what == "jpeg":
        Image.fromarray(values).save(folder / "masks" / "7.png", format="JPEG")
    elif what == "deep":
        Image.fromarray(values.astype(np.uint16) + 700).save(folder / "masks" / "7.png")
    elif what == "color":
        mask(folder / "masks" / "7.png", np.random.default_rng(0).integers(0, 255, (8, 12, 3)))
    else:
        (folder / "masks" / "7.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return folder


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("size", "12x6 pixels, but its image has 12x8"),
        ("unknown", "values 9 belong to no class"),
        ("missing", "no mask with this name"),
        ("jpeg", "a JPEG, which alters class numbers"),
        ("deep", "values up to 700, which are object numbers"),
        ("color", "a color mask"),
        ("bytes", "not a mask"),
    ],
)
def test_a_bad_mask_is_named_left_out_and_counted(tmp_path, what, said):
    import re

    data = open_data(broken(tmp_path / "set", what))
    assert len(data) == 19
    assert len(data.skipped) == 1
    assert "7." in data.skipped[0].path
    assert re.search(said, data.skipped[0].reason)
    with pytest.raises(DataError, match="1 of 20 files cannot be used"):
        open_data(tmp_path / "set", max_bad_fraction=0.0)


def test_masks_are_brought_to_size_by_the_nearest_pixel(tmp_path):
    folder = index_masks(tmp_path / "set", 3)
    data = open_data(folder, image_size=(4, 6))
    assert data.fields["mask"].shape == (3, 4, 6)
    assert set(np.unique(data.fields["mask"])) <= {0, 1, 2}
    files = [folder / "images" / f"{number}.jpg" for number in range(3)]
    assert mask_reading(files).shape == (8, 12, 3)
    assert mask_reading(files, 5, 1).shape == (5, 5, 1)


@pytest.mark.parametrize("text", ["0 a\n0 b\n", "300 a\n", "0 a\n1 2 3 b\n"])
def test_a_class_list_that_says_two_things_is_refused(tmp_path, text):
    (tmp_path / "classes.txt").write_text(text)
    with pytest.raises(DataError):
        read_class_list([tmp_path])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("class 0\nclass 1\n", ("class 0", "class 1")),
        ("0: sky\n2, tall tree\n", ("sky", "tall tree")),
        ("name,r,g,b\nRoad,128,64,128\nVoid,0,0,0\nCar,64,0,128\n", ("Road", "Car")),
        ("64 0 128 car\n", ("car",)),
        ("# a remark\nsky\n\nroad  # grey\n", ("sky", "road")),
    ],
)
def test_class_lists_as_people_write_them(tmp_path, text, names):
    (tmp_path / "classes.txt").write_text(text)
    found = read_class_list([tmp_path])
    assert found is not None
    assert found.names == names


def test_a_class_that_stands_in_one_mask_alone_is_found(tmp_path):
    folder = index_masks(tmp_path / "set", 450, top=2)
    mask(folder / "masks" / "7.png", np.full((8, 12), 2))
    assert open_data(folder).names["mask"] == ("class 0", "class 1", "class 2")


def test_a_palette_is_what_it_looks_like_where_the_list_tells_colors(tmp_path):
    folder = tmp_path / "set"
    for number in range(3):
        image(folder / "images" / f"{number}.png")
        drawn = Image.fromarray(np.eye(8, 12, dtype=np.uint8), "P")
        drawn.putpalette([0, 0, 0, 128, 0, 0])
        (folder / "masks").mkdir(exist_ok=True)
        drawn.save(folder / "masks" / f"{number}.png")
    (folder / "label_colors.txt").write_text("0 0 0 ground\n128 0 0 thing\n")
    assert np.array_equal(open_data(folder).fields["mask"][0], np.eye(8, 12))


def test_other_data_are_numbered_as_the_training_was():
    masks = np.array([[[0, 1, 255]]], np.uint8)
    assert remap_classes(masks, ("road", "sky"), ("sky", "car", "road")).tolist() == [[[2, 0, 255]]]
    boxes = np.array([[[0, 0, 1, 1, 1], [0, 0, 1, 1, -3], [0, 0, 0, 0, -1]]], np.float32)
    assert remap_classes(boxes, ("a", "b"), ("b",))[0, :, 4].tolist() == [0, -2, -1]
    with pytest.raises(DataError, match="classes road"):
        remap_classes(masks, ("road", "sky"), ("sky",))


def test_what_is_learned_from_masks():
    masks = np.array([[[0, 1, 1, 255]], [[1, 1, 1, 1]], [[0, 0, 0, 2]]], np.uint8)
    learned = MaskPreparation.fit(masks, ("a", "b", "c"), np.array([0, 2]))
    assert learned.counts == (4, 2, 1)
    assert MaskPreparation.from_json(json.loads(json.dumps(learned.to_json()))) == learned
    with pytest.raises(DataError, match="class number 2"):
        MaskPreparation(("a", "b"), (1, 1)).encode(masks)
    with pytest.raises(DataError, match="to a known class"):
        MaskPreparation.fit(np.full((1, 2, 2), 255, np.uint8), ("a", "b"), np.array([0]))


def test_drawn_scenes_are_the_same_for_all_and_their_boxes_hold_their_shapes():
    images, masks, boxes = draw_scenes(20)
    again = draw_scenes(20)
    assert all(np.array_equal(one, other) for one, other in zip((images, masks, boxes), again, strict=True))
    for mask_, rows in zip(masks, boxes, strict=True):
        left = np.zeros_like(mask_, bool)
        for x1, y1, x2, y2, kind in rows[rows[:, 4] >= 0]:
            left[round(y1 * 48) : round(y2 * 48), round(x1 * 64) : round(x2 * 64)] = True
            assert 0 <= kind < len(SCENE_CLASSES) - 1
        assert not mask_[~left].any()
