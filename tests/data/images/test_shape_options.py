import pytest

from hibiscus.data.images.shape_options import check_shape
from hibiscus.errors import ConfigError


@pytest.mark.parametrize(("image_size", "channels"), [(None, None), (64, 1), ((8, 9), 3), ("89", 3)])
def test_sizes(image_size, channels):
    check_shape(tuple(map(int, image_size)) if isinstance(image_size, str) else image_size, channels)


@pytest.mark.parametrize(("image_size", "channels"), [(0, None), (5000, 1), ((8, 9, 1), 3), (8, 2)])
def test_no_sizes(image_size, channels):
    with pytest.raises(ConfigError):
        check_shape(image_size, channels)
