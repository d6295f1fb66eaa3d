"""The pixels of annotated objects."""

import dataclasses
import json

import numpy as np
from PIL import Image

from data.boxes.test_open import coco
from hibiscus.data.boxes.instances import read_instances
from hibiscus.data.open import open_data


def test_segmentations_of_coco(tmp_path):
    folder = coco(tmp_path / "pets", masks=True)
    assert read_instances(open_data(folder)) is None  # boxes alone
    found = json.loads((folder / "annotations.json").read_text())
    found["annotations"][0]["segmentation"] = [[6, 4, 36, 4, 36, 24, 6, 24], [40, 30, 50, 30, 50, 38, 40, 38]]
    found["annotations"][1]["segmentation"] = {"size": [40, 60], "counts": [0, *[5, 35] * 59, 5, 35]}
    (folder / "annotations.json").write_text(json.dumps(found))
    maps = read_instances(open_data(folder, image_size=(40, 60)))
    expected = np.zeros((2, 40, 60), int)
    expected[0, 4:24, 6:36] = 1
    expected[0, 30:38, 40:50] = 1
    expected[0, :5] = 2
    np.testing.assert_array_equal(maps, expected)
    assert read_instances(open_data(folder, image_size=(20, 30))).shape == (2, 20, 30)


def test_scenes_know_their_shapes():
    dataset = open_data("scenes")
    some = dataclasses.replace(
        dataset, ids=dataset.ids[5:9], fields={n: v[5:9] for n, v in dataset.fields.items()}
    )
    maps = read_instances(some)
    for numbers, mask, rows in zip(maps, some.fields["mask"], some.fields["boxes"], strict=True):
        assert ((numbers > 0) == (mask > 0)).all()
        for row, (x1, y1, x2, y2, label) in enumerate(rows, 1):
            pixels = numbers == row
            assert (mask[pixels] == label + 1).all()
            inside = np.zeros_like(pixels)
            inside[round(48 * y1) : round(48 * y2), round(64 * x1) : round(64 * x2)] = True
            assert not (pixels & ~inside).any()


def test_masks_without_boxes_are_no_instances(tmp_path):
    folder = tmp_path / "set"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / name / "a.png")
    assert read_instances(open_data(folder)) is None
