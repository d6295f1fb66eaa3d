"""The encoder of few-shot papers."""

import pytest
import torch
from torch import nn

from hibiscus.networks import build_network, count_parameters


def test_a_character_becomes_64_numbers():
    network = build_network("conv4", (1, 28, 28), 5, linear=False).eval()
    assert network(torch.randn(3, 1, 28, 28)).shape == (3, 64)
    assert sum(isinstance(layer, nn.Conv2d) for layer in network) == 4
    assert count_parameters(network) == 9 * 64 + 3 * 9 * 64 * 64 + 4 * 2 * 64
    assert build_network("conv4", (3, 84, 84), 5, linear=False).eval()(torch.randn(1, 3, 84, 84)).shape == (
        1,
        1600,
    )


@pytest.mark.parametrize("side", [4, 8, 15, 40])
def test_with_a_linear_layer_it_takes_any_size(side):
    assert build_network("conv4", (3, side, side), 7, filters=8).eval()(
        torch.randn(2, 3, side, side)
    ).shape == (2, 7)


def test_pooling_before_batch_norm_and_relu_is_the_same_where_the_scale_is_positive():
    x = torch.randn(4, 6, 8, 8)
    norm = nn.BatchNorm2d(6).eval()
    first = torch.relu(norm(nn.functional.max_pool2d(x, 2)))
    torch.testing.assert_close(first, nn.functional.max_pool2d(torch.relu(norm(x)), 2))
