"""Images for a trained run; how they are told apart from other inputs is tested in test_inputs."""

import numpy as np
import pytest
from PIL import Image

from hibiscus.data.preparation import ImagePreparation
from hibiscus.errors import DataError
from hibiscus.runs.image_inputs import images_from_arrays, images_from_files, images_from_pil

GRAY = ImagePreparation(8, 8, 1, (0.5,), (0.2,))
COLOR = ImagePreparation(8, 8, 3, (0.5,) * 3, (0.2,) * 3)


@pytest.mark.parametrize(
    ("shape", "prepared", "count"),
    [
        ((8, 8), GRAY, 1),
        ((20, 30), COLOR, 1),
        ((5, 8, 8), GRAY, 5),
        ((5, 9, 9), COLOR, 5),
        ((3, 8, 8), GRAY, 3),
        ((3, 9, 9), COLOR, 1),
        ((9, 9, 4), GRAY, 1),
        ((2, 3, 9, 9), GRAY, 2),
    ],
)
def test_one_image_or_several(shape, prepared, count):
    found = images_from_arrays(np.full(shape, 255, np.uint8), "array", prepared)
    assert found.fields["image"].shape == (count, *prepared.shape[1:], prepared.channels)
    assert found.fields["image"].min() == 255


def test_the_white_level_of_training_applies():
    prepared = ImagePreparation(8, 8, 1, (0.5,), (0.2,), white_level=1000)
    deep = np.full((8, 8), 500, np.uint16)
    assert images_from_arrays(deep, "array", prepared).fields["image"].max() == 128
    assert images_from_pil([Image.fromarray(deep)], prepared).fields["image"].max() == 128


def test_no_readable_file(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"x")
    with pytest.raises(DataError, match="not an image"):
        images_from_files([tmp_path / "bad.png"], GRAY)


@pytest.mark.parametrize(
    ("values", "prepared", "fix"),
    [
        (np.zeros((5, 7, 2), np.float32), GRAY, "add the axis"),
        (np.zeros((5, 9, 9), np.float64), COLOR, "add the axis"),
        (np.zeros((5, 64), np.uint8), GRAY, "reshape"),
        (np.zeros((5, 64), np.float32), GRAY, "reshape"),
        (np.zeros((5, 7), np.float32), GRAY, "add the axis"),
    ],
)
def test_numbers_that_are_no_images(values, prepared, fix):
    with pytest.raises(DataError, match="rows of numbers, not images") as caught:
        images_from_arrays(values, "x.npz", prepared)
    assert fix in caught.value.fix


def test_arrays_of_another_size_are_resized_with_a_note():
    assert images_from_arrays(np.zeros((5, 8, 8), np.float32), "x.npz", GRAY).fields["image"].shape[0] == 5
    noted = images_from_arrays(np.zeros((5, 9, 7), np.uint8), "x.npz", GRAY)
    assert noted.notes == ["the arrays of 9x7 pixels are resized to 8x8"]
