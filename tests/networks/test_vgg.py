import pytest
import torch
from torch import nn

from hibiscus.networks import build_network, count_parameters


@pytest.mark.parametrize(
    ("name", "convolutions", "count"),
    [("vgg11", 8, 9_228_362), ("vgg13", 10, 9_413_066), ("vgg16", 13, 14_724_042), ("vgg19", 16, 20_035_018)],
)
def test_parameters_at_32_pixels(name, convolutions, count):
    network = build_network(name, (3, 32, 32), 10)
    assert sum(isinstance(layer, nn.Conv2d) for layer in network) == convolutions
    assert count_parameters(network) == count
    assert network[-1].in_features == 512


def test_vggf_is_the_book_s_encoder():
    network = build_network("vggf", (1, 24, 24), 10)
    # The book's 1,599,754 counts running statistics (2 per filter) and the biases that batch norm makes idle
    # (1 per filter).
    assert count_parameters(network) == 1_599_754 - 3 * (64 + 128 + 256 + 512)
    assert network[-1].in_features == 512 * 3 * 3


@pytest.mark.parametrize(("side", "features"), [(8, 512), (28, 512), (64, 2048), (96, 512 * 9), (160, 512)])
def test_head_follows_the_map(side, features):
    network = build_network("vgg11", (1, side, side), 3).eval()
    assert network[-1].in_features == features
    with torch.no_grad():
        assert network(torch.zeros(1, 1, side, side)).shape == (1, 3)
