import pytest
import torch
from torch import nn

from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.cnn import convolution


def maps(network, x):
    """Height and width after each convolution and pooling."""
    sizes = []
    with torch.no_grad():
        for layer in network.eval():
            x = layer(x)
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
                sizes.append(tuple(x.shape[2:]))
    return sizes


def kinds(network):
    return [type(layer).__name__ for layer in network]


def test_the_book_s_network():
    network = build_network("cnn", (1, 28, 28), 10, filters=(64, 64, 64), padding="valid", batch_norm=False)
    assert maps(network, torch.zeros(1, 1, 28, 28)) == [(26, 26), (13, 13), (11, 11), (5, 5), (3, 3)]
    assert count_parameters(network) == 640 + 36_928 + 36_928 + 5_770  # 80,266, [book] listing 1.4.1


def test_default():
    network = build_network("cnn", (1, 28, 28), 10)
    assert maps(network, torch.zeros(1, 1, 28, 28)) == [(28, 28), (14, 14), (14, 14), (7, 7), (7, 7)]
    block = ["MaxPool2d", "BatchNorm2d", "ReLU"]
    assert kinds(network) == [
        "Conv2d",
        *block,
        "Conv2d",
        *block,
        "Conv2d",
        *block[1:],
        "Flatten",
        "Dropout",
        "Linear",
    ]
    assert count_parameters(network) == 288 + 64 + 18_432 + 128 + 36_864 + 128 + 31_370


@pytest.mark.parametrize(
    ("side", "poolings", "last", "averaged"),
    [(4, 0, 4, 0), (8, 1, 4, 0), (32, 2, 8, 0), (64, 3, 8, 0), (96, 4, 6, 0), (224, 5, 7, 0)],
)
def test_poolings_follow_the_size(side, poolings, last, averaged):
    network = build_network("cnn", (3, side, side), 10)
    assert kinds(network).count("MaxPool2d") == poolings
    assert kinds(network).count("AveragePool") == averaged
    assert maps(network, torch.zeros(1, 3, side, side))[-1] == (last, last)


def test_large_maps_are_averaged():
    network = build_network("cnn", (3, 96, 96), 10, filters=(8, 8))
    assert "AveragePool" in kinds(network)
    assert network[-1].in_features == 8


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"pooling": "stride"}, [(14, 10), (7, 5), (7, 5)]),
        ({"pooling": "average"}, [(28, 20), (14, 10), (14, 10), (7, 5), (7, 5)]),
        ({"pool": (1, 2)}, [(28, 20), (28, 10), (28, 10), (28, 5), (28, 5)]),
        ({"stride": 2, "filters": (4, 4)}, [(14, 10), (7, 5), (4, 3)]),
        ({"dilation": 2, "padding": "valid", "filters": (4, 4)}, [(24, 16), (12, 8), (8, 4)]),
        ({"kernel": (3, 5), "padding": "valid", "filters": (4, 4)}, [(26, 16), (13, 8), (11, 4)]),
        ({"kernel": (2, 4), "filters": (4, 4)}, [(28, 20), (14, 10), (14, 10)]),
    ],
)
def test_map_sizes(options, sizes):
    network = build_network("cnn", (1, 28, 20), 3, **options)
    assert maps(network, torch.zeros(1, 1, 28, 20)) == sizes
    assert network(torch.zeros(2, 1, 28, 20)).shape == (2, 3)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("side", [7, 8])
def test_same_padding_leaves_side_over_stride_rounded_up(side, kernel, stride):
    layers = nn.Sequential(*convolution(1, 1, (kernel, kernel), stride=(stride, stride)))
    assert layers(torch.zeros(1, 1, side, side)).shape[2:] == (-(-side // stride),) * 2


def test_dilation_sets_what_a_filter_sees():
    layer = convolution(1, 1, (3, 3), dilation=(2, 2), bias=False)[0]
    nn.init.ones_(layer.weight)
    spot = torch.zeros(1, 1, 9, 9)
    spot[0, 0, 4, 4] = 1
    seen = layer(spot)[0, 0].nonzero().tolist()
    assert seen == [[row, column] for row in (2, 4, 6) for column in (2, 4, 6)]


def test_max_pooling_before_relu_is_the_same_function():
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(torch.relu(nn.MaxPool2d(2)(x)), nn.MaxPool2d(2)(torch.relu(x)))
