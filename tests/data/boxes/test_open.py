"""Images with boxes as a Dataset: in shares of the sides, with their parts, with crowds, and with masks where
there are some.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from hibiscus.data import dataset
from hibiscus.data.boxes.preparation import BoxPreparation
from hibiscus.data.open import open_data
from hibiscus.errors import DataError
from hibiscus.losses import segmentation as losses
from hibiscus.metrics import panoptic, segmentation
from hibiscus.ops import boxes as matching


def coco(folder, masks=False):
    """Three images of 60 x 40 pixels, two boxes, one of them a crowd."""
    (folder / "images").mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (60, 40), (40 * number, 0, 0)).save(folder / "images" / f"{number}.png")
    found = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 60, "height": 40} for i in range(3)],
        "annotations": [
            {"id": 1, "image_id": 0, "category_id": 3, "bbox": [6, 4, 30, 20], "area": 600, "iscrowd": 0},
            {"id": 2, "image_id": 0, "category_id": 3, "bbox": [0, 0, 60, 10], "area": 600, "iscrowd": 1},
            {"id": 3, "image_id": 2, "category_id": 5, "bbox": [15, 10, 15, 10], "area": 150, "iscrowd": 0},
        ],
        "categories": [{"id": 3, "name": "cat"}, {"id": 5, "name": "dog"}],
    }
    (folder / "annotations.json").write_text(json.dumps(found))
    if masks:
        (folder / "masks").mkdir()
        for number in range(2):
            Image.fromarray(np.full((40, 60), number, np.uint8)).save(folder / "masks" / f"{number}.png")
        (folder / "classes.txt").write_text("ground\nthing\n")
    return folder


def dogs_crowd(folder):
    """The same, with the crowd of the other class."""
    coco(folder)
    found = json.loads((folder / "annotations.json").read_text())
    found["annotations"][1]["category_id"] = 5
    (folder / "annotations.json").write_text(json.dumps(found))
    return folder


def test_boxes_are_shares_of_the_sides(tmp_path):
    data = open_data(coco(tmp_path / "pets"))
    assert data.names == {"boxes": ("cat", "dog")}
    boxes = data.fields["boxes"]
    np.testing.assert_allclose(boxes[0, 0], [0.1, 0.1, 0.6, 0.6, 0], atol=1e-6)
    assert boxes[0, 1, 4] == -2  # a crowd
    assert (boxes[1, :, 4] == -1).all()
    assert (
        open_data(dogs_crowd(tmp_path / "crowd")).fields["boxes"][0, 1, 4] == -3
    )  # a crowd of the second class
    np.testing.assert_allclose(boxes[2, 0], [0.25, 0.25, 0.5, 0.5, 1], atol=1e-6)
    assert data.fields["size"].tolist() == [[40, 60]] * 3
    assert data.fields["image"].shape == (3, 40, 60, 3)
    assert "boxes: 2 of 2 classes (cat, dog)" in data.describe_fields().values()


def test_images_are_squashed_and_boxes_stay(tmp_path):
    folder = coco(tmp_path / "pets")
    whole, small = open_data(folder), open_data(folder, image_size=(32, 32))
    assert small.fields["image"].shape == (3, 32, 32, 3)
    assert np.array_equal(whole.fields["boxes"], small.fields["boxes"])
    assert whole.fingerprint != open_data(coco(tmp_path / "again", masks=True)).fingerprint


def test_masks_beside_boxes_are_read_too(tmp_path):
    data = open_data(coco(tmp_path / "pets", masks=True))
    assert len(data) == 2  # the third has no mask
    assert data.names == {"boxes": ("cat", "dog"), "mask": ("ground", "thing")}
    assert data.fields["mask"][:, 0, 0].tolist() == [0, 1]
    assert any("no mask" in note for note in data.notes)


def test_masks_of_one_name_in_two_folders_stay_with_their_images(tmp_path):
    for number, part in enumerate(("train", "val")):
        coco(tmp_path / "set" / part, masks=True)
        for name in ("0", "1"):
            Image.fromarray(np.full((40, 60), number, np.uint8)).save(
                tmp_path / "set" / part / "masks" / f"{name}.png"
            )
    for part in ("train", "val"):
        (tmp_path / "set" / part / "annotations.json").rename(
            tmp_path / "set" / part / "_annotations.coco.json"
        )
        found = json.loads((tmp_path / "set" / part / "_annotations.coco.json").read_text())
        for image in found["images"]:
            image["file_name"] = "images/" + image["file_name"]
        (tmp_path / "set" / part / "_annotations.coco.json").write_text(json.dumps(found))
    data = open_data(tmp_path / "set")
    assert {part: set(data.fields["mask"][items].ravel().tolist()) for part, items in data.parts.items()} == {
        "train": {0},
        "val": {1},
    }


def test_all_mean_the_same_by_a_number_that_is_no_class():
    """Losses, metrics and networks know nothing of data, and so have these numbers of their own."""
    assert losses.IGNORED == segmentation.IGNORED == panoptic.IGNORED == dataset.IGNORED
    assert matching.CROWD == dataset.CROWD


def test_what_is_learned_from_boxes():
    boxes = np.zeros((3, 2, 5), np.float32)
    boxes[..., 4] = -1
    boxes[0, 0] = [0, 0, 0.5, 0.25, 1]
    boxes[1, 0] = [0, 0, 0.1, 0.1, -2]
    boxes[2, 0] = [0, 0, 1, 1, 0]
    learned = BoxPreparation.fit(boxes, ("a", "b"), np.array([0, 1]))
    assert learned.counts == (0, 1)
    assert learned.sizes == ((0.5, 0.25),)
    assert BoxPreparation.from_json(json.loads(json.dumps(learned.to_json()))) == learned
    with pytest.raises(DataError, match="no boxes"):
        BoxPreparation.fit(boxes, ("a", "b"), np.array([1]))
    with pytest.raises(DataError, match="class number 1"):
        BoxPreparation(("a",), (1,), ((0.5, 0.5),)).encode(boxes)


def test_an_annotation_file_is_data_too(tmp_path):
    whole, alone = open_data(coco(tmp_path / "set")), open_data(tmp_path / "set" / "annotations.json")
    assert alone.name == "annotations"
    np.testing.assert_array_equal(alone.fields["boxes"], whole.fields["boxes"])
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(DataError, match="unknown file type"):
        open_data(tmp_path / "other.json")


def test_annotated_areas_are_fractions_of_the_image(tmp_path):
    folder = coco(tmp_path / "pets")
    found = json.loads((folder / "annotations.json").read_text())
    found["annotations"][0]["area"] = 120
    (folder / "annotations.json").write_text(json.dumps(found))
    data = open_data(folder)
    np.testing.assert_allclose(data.fields["box_areas"], [[0.05, 0.25], [0, 0], [0.0625, 0]], atol=1e-6)
    assert data.fingerprint == open_data(coco(tmp_path / "same" / "pets")).fingerprint


def test_a_test_part_of_its_own(tmp_path):
    folder = coco(tmp_path / "train")
    other = coco(tmp_path / "test")
    found = json.loads((other / "annotations.json").read_text())
    found["categories"] = [{"id": 5, "name": "cat"}, {"id": 3, "name": "dog"}]
    found["annotations"] = [{**found["annotations"][0], "id": i, "bbox": [i, 4, 30, 20]} for i in range(4)]
    (other / "annotations.json").write_text(json.dumps({**found, "categories": found["categories"][::-1]}))
    data = open_data(folder, test_data=other)
    assert data.names == {"boxes": ("cat", "dog")}
    assert data.fields["boxes"][3, :, 4].tolist() == [1, 1, 1, 1]
    assert data.fields["boxes"][0, :, 4].tolist() == [0, -2, -1, -1]


def test_masks_and_boxes_one_folder_below_belong_together(tmp_path):
    coco(tmp_path / "unpacked" / "pets", masks=True)
    assert len(open_data(tmp_path / "unpacked")) == 2
    assert "mask" in open_data(tmp_path / "unpacked").fields
