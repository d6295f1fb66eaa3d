"""Autoencoders of windows: shapes, the bottleneck, and that a window passes it after training."""

from __future__ import annotations

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.window_autoencoder import WindowAutoencoder


@pytest.mark.parametrize("net", ["conv1d", "lstm", "mlp"])
@pytest.mark.parametrize("steps", [8, 13])
def test_a_window_comes_back_in_its_shape(net, steps):
    assert WindowAutoencoder(net, steps, 3, 2)(torch.randn(5, steps, 3)).shape == (5, steps, 3)


@pytest.mark.parametrize("net", ["conv1d", "lstm", "mlp"])
def test_few_numbers_pass(net):
    torch.manual_seed(0)
    network = WindowAutoencoder(net, 12, 1, 1, hidden=16)
    x = torch.randn(40, 12, 1)
    flat = torch.autograd.functional.jacobian(lambda w: network(w[None])[0].flatten(), x[0]).flatten(1)
    assert torch.linalg.matrix_rank(flat, rtol=1e-4) <= 1


def test_it_reconstructs_waves_of_any_phase():
    torch.manual_seed(0)
    network = WindowAutoencoder("mlp", 16, 1, 2)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    steps = torch.arange(16.0)
    for _ in range(300):
        x = torch.sin(steps + 6.28 * torch.rand(32, 1))[..., None]
        loss = (network(x) - x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1


def test_another_network_is_refused():
    with pytest.raises(ConfigError, match="net=transformer"):
        WindowAutoencoder("transformer", 8, 1, 2)
