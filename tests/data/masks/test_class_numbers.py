"""Mask files as class numbers; whole folders are tested in test_folder."""

import numpy as np
from PIL import Image

from hibiscus.data.dataset import IGNORED
from hibiscus.data.masks.class_numbers import read_masks
from hibiscus.data.masks.mask_classes import determine_classes
from hibiscus.data.masks.mask_values import count_values


def save(path, values):
    Image.fromarray(np.asarray(values, np.uint8)).save(path)
    return path


def classes_of(*files):
    return determine_classes(*count_values(files), None)


def test_masks_are_resized_to_the_nearest_pixel_and_bad_ones_skipped(tmp_path):
    mask = save(tmp_path / "a.png", [[0, 1], [255, 1]])
    image, other = save(tmp_path / "i.png", np.zeros((2, 2))), save(tmp_path / "j.png", np.zeros((3, 2)))
    skipped, notes = [], []
    masks, good = read_masks([(image, mask), (other, mask)], classes_of(mask), (4, 4), skipped, notes)
    assert masks[0, ::2, ::2].tolist() == [[0, 1], [IGNORED, 1]]
    assert good.tolist() == [0]
    assert notes == []
    assert "its image has 2x3" in skipped[0].reason


def test_a_mask_is_turned_with_its_photo(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (3, 2)).save(photo, exif=exif)
    stored = save(tmp_path / "stored.png", [[0, 1, 1], [0, 0, 0]])
    drawn = save(tmp_path / "drawn.png", np.rot90([[0, 1, 1], [0, 0, 0]], -1))
    notes = []
    masks, _ = read_masks([(photo, stored), (photo, drawn)], classes_of(stored), (3, 2), [], notes)
    assert masks[0].tolist() == masks[1].tolist() == [[0, 0], [0, 1], [0, 1]]
    assert "EXIF" in notes[0]
