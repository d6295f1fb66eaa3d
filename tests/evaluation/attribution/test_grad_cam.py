import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.evaluation.attribution.grad_cam import grad_cam
from hibiscus.evaluation.attribution.grad_cam_plus_plus import grad_cam_plus_plus


class Classifier(nn.Module):
    """A convolution, ReLU in place, the mean over positions, and a linear layer."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.convolution, self.relu = nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(inplace=True)
        self.head = nn.Linear(5, 4)

    def forward(self, x):
        return self.head(self.relu(self.convolution(x)).mean((2, 3)))


@pytest.fixture
def network():
    return Classifier().eval()


def images(count=2, side=6):
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def by_hand(network, x, number, plus_plus=False, before_relu=False, local=False):
    """The maps in NumPy; dscore/dA = w / positions for A after the ReLU, 0 where the ReLU is 0 before it."""
    with torch.no_grad():
        before = network.convolution(x).numpy().astype(np.float64)
    positions = before.shape[2] * before.shape[3]
    gradient = (
        network.head.weight.detach().numpy()[number].astype(np.float64)[None, :, None, None] / positions
    )
    maps = before if before_relu else np.maximum(before, 0)
    gradient = np.broadcast_to(gradient, maps.shape) * ((before > 0) if before_relu else 1)
    if not plus_plus:
        weights = gradient if local else gradient.mean((2, 3), keepdims=True)
    else:
        bottom = 2 * gradient**2 + maps.sum((2, 3), keepdims=True) * gradient**3
        alpha = np.divide(gradient**2, bottom, out=np.zeros_like(bottom), where=bottom != 0)
        weights = alpha * np.maximum(gradient, 0)
        weights = weights if local else weights.sum((2, 3), keepdims=True)
    return np.maximum((weights * maps).sum(1), 0)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("plus_plus", [False, True])
def test_the_map_is_that_of_numpy(network, number, plus_plus):
    function = grad_cam_plus_plus if plus_plus else grad_cam
    found = function(lambda x: network(x)[:, number], network.relu, images())
    np.testing.assert_allclose(
        found.numpy(), by_hand(network, images(), number, plus_plus), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("plus_plus", [False, True])
def test_a_layer_whose_output_is_overwritten_is_read_as_it_returned_it(network, plus_plus):
    function = grad_cam_plus_plus if plus_plus else grad_cam
    found = function(lambda x: network(x)[:, 1], network.convolution, images())
    expected = by_hand(network, images(), 1, plus_plus, before_relu=True)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("plus_plus", [False, True])
def test_local_weights_are_those_of_each_position(network, plus_plus):
    function = grad_cam_plus_plus if plus_plus else grad_cam
    found = function(lambda x: network(x)[:, 1], network.convolution, images(), local=True)
    expected = by_hand(network, images(), 1, plus_plus, before_relu=True, local=True)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-6)


def test_the_local_map_of_the_score_of_a_place_stays_there(network):
    found = grad_cam(
        lambda x: network.convolution(x).relu()[:, :, 2, 3].sum(1), network.convolution, images(), local=True
    )
    assert (found[:, 2, 3] > 0).all()
    found[:, 2, 3] = 0
    assert not found.any()


def test_frozen_copies_channels_last_and_inference_mode_change_nothing(network):
    expected = grad_cam(lambda x: network(x)[:, 0], network.relu, images())
    frozen = Classifier().eval().requires_grad_(False).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        inputs = images().to(memory_format=torch.channels_last)
        found = grad_cam(lambda x: frozen(x)[:, 0], frozen.relu, inputs)
    assert torch.allclose(found, expected, atol=1e-6)


def test_a_compiled_network_is_read_as_an_eager_one(network):
    expected = grad_cam(lambda x: network(x)[:, 0], network.relu, images())
    network.compile(backend="eager")
    network(images())
    assert torch.allclose(grad_cam(lambda x: network(x)[:, 0], network.relu, images()), expected)


def test_hooks_and_gradients_leave_no_trace(network):
    grad_cam(lambda x: network(x)[:, 0], network.relu, images())
    assert not network.relu._forward_hooks
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_bright_square_is_where_the_map_is(network):
    with torch.no_grad():
        network.convolution.weight.zero_()
        network.convolution.weight[0, :, 1, 1] = 1  # channel 0 passes the brightness on
        network.convolution.bias.zero_()
        network.head.weight.copy_(torch.tensor([[1.0, 0, 0, 0, 0], *[[-1.0, 0, 0, 0, 0]] * 3]))
    image = torch.zeros(1, 3, 8, 8)
    image[:, :, 2:4, 5:7] = 1
    for function in (grad_cam, grad_cam_plus_plus):
        found = function(lambda x: network(x)[:, 0], network.relu, image)[0]
        assert (found > 0).equal(image[0, 0] > 0)
    assert not grad_cam(lambda x: network(x)[:, 1], network.relu, image).any()  # it lowers the other scores


def test_a_layer_that_the_score_does_not_use_is_refused(network):
    other = nn.Conv2d(3, 3, 1)
    with pytest.raises(ConfigError, match="returns no map from which the score is computed"):
        grad_cam(lambda x: network(x)[:, 0], other, images())
    with pytest.raises(ConfigError, match=r"Linear\) returns no map"):
        grad_cam(lambda x: network(x)[:, 0], network.head, images())
