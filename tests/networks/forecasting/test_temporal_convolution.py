import pytest
import torch

from hibiscus.networks.forecasting import build_forecaster
from hibiscus.networks.forecasting.temporal_convolution import CausalConv, receptive_field


def test_no_step_depends_on_a_later_one():
    """By the gradient: the state at step 7 depends on the steps 0 to 7, and on no other."""
    core = build_forecaster("conv1d", 16, 4, 2, 2, filters=8, dropout=0.0).core
    x = torch.randn(1, 16, 2, requires_grad=True)
    core.states(x)[0, :, 7].sum().backward()
    assert (x.grad[0, :8] != 0).any(1).all()
    assert (x.grad[0, 8:] == 0).all()


@pytest.mark.parametrize(("layers", "kernel_size"), [(1, 2), (2, 3), (3, 2)])
def test_the_receptive_field(layers, kernel_size):
    network = build_forecaster("conv1d", 40, 2, 1, 1, layers=layers, kernel_size=kernel_size, filters=16)
    x = torch.randn(8, 40, 1, requires_grad=True)
    network(x).sum().backward()
    steps = (x.grad.abs().sum((0, 2)) > 0).nonzero()[0].item()
    assert 40 - steps == receptive_field(layers, kernel_size)


@pytest.mark.parametrize("length", [1, 5, 29, 100])
def test_by_default_it_covers_the_window(length):
    core = build_forecaster("conv1d", length, 2, 1, 1).core
    assert receptive_field(len(core.blocks), 3) >= length
    assert len(core.blocks) == 1 or receptive_field(len(core.blocks) - 1, 3) < length


def test_a_causal_convolution_against_its_sum():
    layer, x = CausalConv(1, 1, 3, dilation=2), torch.randn(1, 1, 9)
    weight, bias = layer.convolution.weight[0, 0], layer.convolution.bias
    padded = torch.cat([torch.zeros(4), x[0, 0]])
    expected = torch.stack([(weight * padded[t : t + 5 : 2]).sum() for t in range(9)]) + bias
    torch.testing.assert_close(layer(x)[0, 0], expected)
