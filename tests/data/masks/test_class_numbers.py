"""Mask files as class numbers; whole folders are tested in test_folder."""

import numpy as np
from PIL import Image

from hibiscus.data.dataset import IGNORED
from hibiscus.data.masks.class_numbers import infer_classes, read_masks


def save(path, values):
    Image.fromarray(np.asarray(values, np.uint8)).save(path)
    return path


def test_classes_without_a_list(tmp_path):
    black = save(tmp_path / "a.png", [[0, 255], [255, 0]])
    assert infer_classes([black]).names == ("black", "white")
    numbers = save(tmp_path / "b.png", [[0, 2], [255, 0]])
    assert infer_classes([numbers]).names == ("class 0", "class 1", "class 2")
    colors = save(tmp_path / "c.png", [[[0, 0, 255], [9, 8, 7]]])
    assert infer_classes([colors]).names == ("#0000ff", "#090807")


def test_masks_are_resized_to_the_nearest_pixel_and_bad_ones_skipped(tmp_path):
    mask = save(tmp_path / "a.png", [[0, 1], [255, 1]])
    image, other = save(tmp_path / "i.png", np.zeros((2, 2))), save(tmp_path / "j.png", np.zeros((3, 2)))
    skipped = []
    masks, good = read_masks([(image, mask), (other, mask)], infer_classes([mask]), (4, 4), skipped)
    assert masks[0, ::2, ::2].tolist() == [[0, 1], [IGNORED, 1]]
    assert good.tolist() == [0]
    assert "its image has 2x3" in skipped[0].reason
