import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting import build_forecaster


@pytest.mark.parametrize("net", ["rnn", "lstm", "gru"])
def test_it_is_torchs_layer_and_a_linear_one(net):
    network, x = build_forecaster(net, 9, 4, 2, 2, units=6), torch.randn(3, 9, 2)
    core, head = network.core.layers[0].core, network.core.head
    states, _ = core(x)
    torch.testing.assert_close(network(x)[..., 0], head(states[:, -1]).view(3, 4, 2))


def test_layers_and_directions():
    network = build_forecaster("lstm", 9, 4, 2, 1, units=6, layers=2, bidirectional=True)
    first, second = (layer.core for layer in network.core.layers)
    assert first.bidirectional
    assert second.input_size == 12
    assert network.core.head.in_features == 12


def test_known_columns_of_the_past_are_read():
    network = build_forecaster("gru", 9, 4, 1, 1, future=2)
    series, future = torch.randn(1, 9, 1), torch.randn(1, 13, 2, requires_grad=True)
    network(series, future).sum().backward()
    assert (future.grad[0, :9] != 0).all()


@pytest.mark.parametrize(("stride", "length"), [(1, 10), (2, 10), (2, 11), (3, 10)])
def test_the_convolution_ends_with_the_window(stride, length):
    network = build_forecaster("conv-rnn", length, 2, 1, 1, stride=stride, kernel_size=3, units=4)
    x = torch.randn(4, length, 1, requires_grad=True)
    steps = []
    layer = network.core.layers[0]
    layer.register_forward_hook(lambda module, inputs, output: steps.append(inputs[0].shape[1]))
    network(x).sum().backward()
    assert steps == [(length - 3) // stride + 1]
    assert (x.grad[:, -1] != 0).any()


def test_a_window_shorter_than_the_filters_is_refused():
    with pytest.raises(ConfigError, match="kernel_size=5 with an input length of 4"):
        build_forecaster("conv-rnn", 4, 2, 1, 1)
    assert build_forecaster("conv-rnn", 4, 2, 1, 1, kernel_size=4)(torch.randn(1, 4, 1)).isfinite().all()
