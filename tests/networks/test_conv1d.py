import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.conv1d import StepConv
from hibiscus.tokens import TokenShape


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_a_convolution_by_hand(width):
    layer = StepConv(3, 4, width)
    x = torch.randn(2, 6, 3)
    lengths = torch.tensor([6, 4])
    x[1, 4:] = 0
    left = width // 2
    padded = torch.nn.functional.pad(x, (0, 0, left, width))
    out = layer(x, lengths)
    for step in range(6):
        window = padded[:, step : step + width]  # (batch, width, features)
        expected = (torch.einsum("bwf,ofw->bo", window, layer.weight) + layer.bias).relu()
        expected[lengths <= step] = 0
        torch.testing.assert_close(out[:, step], expected)


def test_kim_takes_the_maximum_of_each_filter():
    network = build_network("conv1d", TokenShape(8, 20), 3, embedding_dim=5, filters=4, widths=(2, 3)).eval()
    tokens = torch.tensor([[4, 5, 6, 7]])
    x = network.embedding(tokens)
    lengths = torch.tensor([4])
    best = torch.cat([branch(x, lengths).max(1).values for branch in network.branches], 1)
    torch.testing.assert_close(network(tokens), network.head(best))
    assert network.head.in_features == 8


def test_the_recurrent_layer_takes_fewer_steps():
    network = build_network("conv1d-rnn", TokenShape(40, 20), 2, shorten=4)
    seen = []
    network.layer.register_forward_hook(lambda layer, args, out: seen.append(args))
    network(torch.randint(1, 20, (2, 10)))
    x, lengths = seen[0]
    assert x.shape[1] == 3
    assert lengths.tolist() == [3, 3]


def test_images_are_refused():
    with pytest.raises(ConfigError, match="conv1d was given an image"):
        build_network("conv1d", (1, 8, 8), 2)
