import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import (
    counts,
    describe,
    flat,
    fraction,
    legal_depth,
    map_side,
    pair,
    sequence,
    shapes_of,
    text,
    text_option,
)
from hibiscus.tokens import TokenShape


@pytest.mark.parametrize("side", [7, 8, 28])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [(3, 1, 1, 1), (3, 2, 0, 1), (5, 2, 2, 1), (3, 1, 2, 2), (2, 2, 0, 3)],
)
def test_map_side_is_what_a_convolution_leaves(side, kernel, stride, padding, dilation):
    out = nn.Conv2d(1, 1, kernel, stride, padding, dilation)(torch.zeros(1, 1, side, side))
    assert out.shape[-1] == map_side(side, kernel, stride, 2 * padding, dilation)


def test_shapes_of():
    assert shapes_of((3, 32, 32)) == [(3, 32, 32)]
    assert shapes_of([[1, 28, 28], [13]]) == [(1, 28, 28), (13,)]
    assert shapes_of(torch.zeros(2, 5, 4).shape[1:]) == [(5, 4)]
    with pytest.raises(ConfigError, match="input_shape"):
        shapes_of(5)


def test_describe_and_sequence():
    assert describe((1, 28, 20)) == "an image of 28x20 pixels with 1 channel"
    assert describe((13,)) == "a table or vector of 13 values"
    assert sequence("lstm", (3, 28, 20)) == (28, 60)
    assert sequence("lstm", (100, 6)) == (100, 6)


def test_options():
    assert pair("kernel", 3) == (3, 3)
    assert pair("kernel", [3, 5]) == (3, 5)
    assert counts("filters", 32) == (32,)
    assert fraction("dropout", 0) == 0.0
    for bad in (-0.1, 1, True, "0.2"):
        with pytest.raises(ConfigError, match="dropout"):
            fraction("dropout", bad)
    assert legal_depth("resnet", 110, 6, 2) == 18


def test_texts():
    shape = TokenShape(50, 1000)
    assert text("conv1d", shape) is shape
    with pytest.raises(ConfigError, match="conv1d was given an image"):
        text("conv1d", (1, 28, 28))
    with pytest.raises(ConfigError, match="given a text of up to 50 tokens"):
        sequence("cell", shape)
    with pytest.raises(ConfigError, match="given a text of up to 50 tokens"):
        flat("realmlp", shape)


def test_options_of_texts():
    assert text_option(TokenShape(50, 1000), "weighting", None, "binary") == "binary"
    assert text_option((13,), "weighting", None, "binary") == "binary"
    assert text_option(TokenShape(50, 1000), "weighting", "count", "binary") == "count"
    with pytest.raises(ConfigError, match="weighting='count' for a table"):
        text_option((13,), "weighting", "count", "binary")
