import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks.input_scaling import InputScaling, scale_inputs

MEAN, STD = (0.5, 0.25, 0.125), (0.25, 0.5, 1.0)


def prepared(pixels, mean, std):
    """Pixels in [0, 1] `(n, c, h, w)` as the data prepares them."""
    return torch.from_numpy((pixels - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))).float()


def test_the_preparation_is_replaced_by_that_of_the_trained_network():
    pixels = np.random.default_rng(0).random((2, 3, 4, 5))
    network = nn.Sequential(InputScaling(3, MEAN, STD))
    own = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)
    scale_inputs(network, *own)
    torch.testing.assert_close(network(prepared(pixels, *own)), prepared(pixels, MEAN, STD))


def test_pixels_between_minus_one_and_one():
    scaling = InputScaling(3, (127 / 255,) * 3, (128 / 255,) * 3)
    scaling.scale_from([0.5] * 3, [0.5] * 3)
    levels = torch.arange(256.0).view(1, 1, 16, 16).expand(1, 3, 16, 16)
    torch.testing.assert_close(scaling(levels / 127.5 - 1), (levels - 127) / 128)


def test_grayscale_images_are_repeated():
    pixels = np.random.default_rng(1).random((2, 1, 4, 5))
    scaling = InputScaling(1, MEAN, STD)
    scaling.scale_from([0.3], [0.2])
    repeated = prepared(np.repeat(pixels, 3, 1), MEAN, STD)
    torch.testing.assert_close(scaling(prepared(pixels, [0.3], [0.2])), repeated)


def test_a_network_for_grayscale_images_takes_the_luma():
    pixels = np.random.default_rng(2).random((2, 3, 4, 5))
    scaling = InputScaling(3, (0.4,), (0.3,))
    scaling.scale_from(MEAN, STD)
    luma = np.einsum("nchw,c->nhw", pixels, (0.299, 0.587, 0.114))[:, None]
    torch.testing.assert_close(scaling(prepared(pixels, MEAN, STD)), prepared(luma, [0.4], [0.3]))


def test_without_a_preparation_images_stay_as_they_are():
    x = torch.rand(1, 3, 2, 2)
    assert torch.equal(InputScaling(3, MEAN, STD)(x), x)
    assert torch.equal(InputScaling(1, MEAN, STD)(x[:, :1]), x[:, :1].expand(1, 3, 2, 2))


def test_the_scale_is_part_of_the_state():
    network, other = InputScaling(3, MEAN, STD), InputScaling(3, MEAN, STD)
    scale_inputs(network, (0.1,) * 3, (0.7,) * 3)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.scale, network.scale)
    assert torch.equal(other.shift, network.shift)
    assert not list(network.parameters())


@pytest.mark.parametrize("channels", [2, 4])
def test_other_channels_are_refused(channels):
    with pytest.raises(ConfigError, match=f"images with {channels} channels") as caught:
        InputScaling(channels, MEAN, STD)
    assert "1 or 3" in caught.value.expected
