"""Arrays as images or numbers; whole files are tested in test_open and tests/cases/test_array_cases."""

import numpy as np
import pytest

from hibiscus.data.arrays.array_items import read_items
from hibiscus.errors import DataError


def test_the_range_of_the_first_part_decides():
    train = np.array([0.0, 1.0]).reshape(1, 2, 1, 1)
    kind, (first, second), level, notes = read_items([train, train / 2], "a.npz")
    assert (kind, level) == ("image", None)
    assert first.ravel().tolist() == [0, 255]
    assert second.ravel().tolist() == [0, 128]
    assert "[0, 1]" in notes[0]
    _, (given,), level, _ = read_items([train * 1000], "a.npz", white_level=4000)
    assert (given.max(), level) == (64, 4000)


def test_axes():
    values = np.zeros((2, 3, 5, 4), np.uint8)
    kind, (images,), _, notes = read_items([values], "a.npz")
    assert (kind, images.shape) == ("image", (2, 3, 5, 3))
    assert "channels" in notes[0]
    with pytest.raises(DataError, match="4-D"):
        read_items([np.zeros((2, 5, 5, 2), np.uint8)], "a.npz")
