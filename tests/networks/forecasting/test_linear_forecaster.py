import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting import build_forecaster
from hibiscus.networks.forecasting.linear_forecaster import WindowLinear, moving_average


def randomized(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def test_linear_is_its_matrix():
    network = randomized(build_forecaster("linear", 6, 3, 2, 2))
    x = torch.randn(4, 6, 2)
    layer = network.core.season
    expected = torch.einsum("blv,lh->bhv", x, layer.weight[0]) + layer.bias[0].T[None]
    torch.testing.assert_close(network(x)[..., 0], expected)


def test_nlinear_follows_a_shift_of_the_level():
    network, x = randomized(build_forecaster("nlinear", 8, 5, 3, 3)), torch.randn(2, 8, 3)
    torch.testing.assert_close(network(x + 100), network(x) + 100, rtol=1e-4, atol=1e-4)


def test_linear_does_not():
    network, x = randomized(build_forecaster("linear", 8, 5, 3, 3)), torch.randn(2, 8, 3)
    assert not torch.allclose(network(x + 100), network(x) + 100, atol=0.1)


def test_a_new_nlinear_forecasts_the_mean_of_the_window():
    x = torch.randn(2, 8, 1)
    expected = x.mean(1, keepdim=True).expand(2, 3, 1)
    for net in ("linear", "nlinear"):
        torch.testing.assert_close(build_forecaster(net, 8, 3, 1, 1)(x)[..., 0], expected)


def test_moving_average_against_a_loop():
    x = torch.randn(1, 1, 10)
    padded = [x[0, 0, 0]] * 2 + list(x[0, 0]) + [x[0, 0, -1]] * 2
    expected = torch.stack([sum(padded[i : i + 5]) / 5 for i in range(10)])
    torch.testing.assert_close(moving_average(x, 5)[0, 0], expected)


def test_the_parts_of_dlinear_sum_to_the_input():
    """With one matrix for both parts, DLinear is the linear network."""
    network = randomized(build_forecaster("dlinear", 30, 4, 2, 2))
    core, plain = network.core, build_forecaster("linear", 30, 4, 2, 2)
    with torch.no_grad():
        core.trend.weight.copy_(core.season.weight)
        core.trend.bias.zero_()
        plain.core.season.load_state_dict(core.season.state_dict())
    x = torch.randn(3, 30, 2)
    torch.testing.assert_close(network(x), plain(x))


def test_a_window_shorter_than_the_kernel():
    assert build_forecaster("dlinear", 4, 2, 1, 1)(torch.randn(1, 4, 1)).isfinite().all()


def test_individual_weights():
    shared = build_forecaster("nlinear", 6, 3, 2, 2)
    own = randomized(build_forecaster("nlinear", 6, 3, 2, 2, individual=True))
    assert sum(p.numel() for p in own.parameters()) == 2 * sum(p.numel() for p in shared.parameters())
    x = torch.randn(4, 6, 1).expand(4, 6, 2)
    y = own(x)
    assert not torch.allclose(y[:, :, 0], y[:, :, 1])
    layer = WindowLinear(1, 6, 3)
    with torch.no_grad():
        layer.weight.copy_(own.core.season.weight[1:])
        layer.bias.copy_(own.core.season.bias[1:])
    last = x[:, -1:, 1:].transpose(1, 2)
    expected = layer(x[None, :, :, 1] - last[None, :, 0]) + last[None, :, 0]
    torch.testing.assert_close(y[:, :, 1, 0], expected[0])


def test_an_even_kernel_is_refused():
    with pytest.raises(ConfigError, match="kernel_size=25"):
        build_forecaster("dlinear", 30, 4, 2, 2, kernel_size=24)
