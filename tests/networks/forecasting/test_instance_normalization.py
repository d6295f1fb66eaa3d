import torch

from hibiscus.networks.forecasting import build_forecaster
from hibiscus.networks.forecasting.instance_normalization import InstanceNorm


def test_the_inverse_restores_the_windows():
    norm, x = InstanceNorm(3), 5 * torch.randn(4, 10, 3) + 100
    with torch.no_grad():
        norm.log_scale.normal_()
        norm.shift.normal_()
    standardized, scale = norm(x)
    torch.testing.assert_close(norm.inverse(standardized[..., None], scale)[..., 0], x)


def test_windows_are_standardized_variable_by_variable():
    x = torch.randn(4, 50, 2) * torch.tensor([1.0, 20.0]) + torch.tensor([0.0, -300.0])
    standardized, _ = InstanceNorm(2)(x)
    torch.testing.assert_close(standardized.mean(1), torch.zeros(4, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(standardized.std(1, correction=0), torch.ones(4, 2), atol=1e-3, rtol=0)


def test_a_network_follows_level_and_scale_of_the_window():
    network = build_forecaster("mlp", 12, 4, 3, 2, quantiles=3, instance_norm=True).eval()
    x = torch.randn(2, 12, 3)
    torch.testing.assert_close(network(20 * x + 7), 20 * network(x) + 7, rtol=1e-3, atol=1e-3)


def test_a_constant_window_and_bfloat16():
    network = build_forecaster("mlp", 12, 4, 1, 1, instance_norm=True)
    with torch.autocast("cpu", torch.bfloat16):
        y = network(torch.full((1, 12, 1), 3.0))
    y.sum().backward()
    assert y.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
