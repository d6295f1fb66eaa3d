import numpy as np
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.image_options import check_image_shape, check_max_bad, note_image_size
from hibiscus.errors import ConfigError, DataError


@pytest.mark.parametrize("size", [0, 5000, 2.5, (8,), (8, 8, 8), (8, 0)])
def test_sizes_that_images_cannot_have(size):
    with pytest.raises(ConfigError, match="image_size"):
        check_image_shape(size if not isinstance(size, float) else [size], None)


def test_sizes_and_channels_that_they_can_have():
    check_image_shape(64, 3)
    check_image_shape((32, 64), None)
    with pytest.raises(ConfigError, match="channels=2"):
        check_image_shape(None, 2)


def test_a_fraction_of_bad_files():
    check_max_bad(0)
    with pytest.raises(DataError, match=r"max_bad_fraction=1.1"):
        check_max_bad(1.1)


def test_a_size_that_arrays_do_not_have_is_noted():
    images = np.zeros((2, 8, 9, 1), np.uint8)
    data = Dataset("d", "d", {"image": images}, ["0", "1"], np.arange(2))
    note_image_size(data, (8, 9))
    assert data.notes == []
    note_image_size(data, 16)
    assert "8x9" in data.notes[0]
