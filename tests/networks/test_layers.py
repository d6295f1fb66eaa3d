import math

import numpy as np
import pytest
import torch
from scipy.special import erf
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks.layers import (
    ACTIVATIONS,
    INITIALIZERS,
    UnitNorm,
    activation,
    count_parameters,
    initialize,
)

X = np.linspace(-3, 3, 13).reshape(1, 13)
FORMULAS = {
    "relu": np.maximum(X, 0),
    "leaky_relu": np.where(X > 0, X, 0.2 * X),
    "elu": np.where(X > 0, X, np.exp(X) - 1),
    "selu": 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * (np.exp(X) - 1)),
    "softplus": np.log1p(np.exp(X)),
    "tanh": np.tanh(X),
    "sigmoid": 1 / (1 + np.exp(-X)),
    "gelu": X * 0.5 * (1 + erf(X / math.sqrt(2))),
    "silu": X / (1 + np.exp(-X)),
    "mish": X * np.tanh(np.log1p(np.exp(X))),
    "identity": X,
    "softmax": np.exp(X) / np.exp(X).sum(),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_equals_its_formula(name):
    np.testing.assert_allclose(activation(name)(torch.tensor(X)).numpy(), FORMULAS[name], atol=1e-12)


def test_unknown_names():
    with pytest.raises(ConfigError, match="tnah"):
        activation("tnah")
    with pytest.raises(ConfigError, match="he_normall"):
        initialize(nn.Linear(2, 2), "he_normall")


def layers_with_fans():
    """A large layer of each kind: fan in and fan out by hand."""
    return [
        (nn.Linear(300, 500), 300, 500),
        (nn.Conv2d(32, 64, (3, 5)), 32 * 15, 64 * 15),
        (nn.Conv2d(64, 128, 3, groups=4), 16 * 9, 32 * 9),
        (nn.Conv1d(64, 128, 5), 64 * 5, 128 * 5),
        (nn.ConvTranspose2d(64, 32, 4), 64 * 16, 32 * 16),
    ]


@pytest.mark.parametrize(
    "name", [name for name in INITIALIZERS if name.startswith(("he", "glorot", "lecun", "normal", "uniform"))]
)
def test_standard_deviation_is_the_theory_s(name):
    for layer, fan_in, fan_out in layers_with_fans():
        initialize(layer, name, seed=1)
        variance = {
            "he": 2 / fan_in,
            "glorot": 2 / (fan_in + fan_out),
            "lecun": 1 / fan_in,
            "normal": 0.02**2,
            "uniform": 0.05**2 / 3,
        }[name.split("_")[0]]
        assert layer.weight.std().item() == pytest.approx(math.sqrt(variance), rel=0.03)
        assert abs(layer.weight.mean().item()) < 0.1 * math.sqrt(variance)
        assert layer.bias.abs().sum() == 0
        if name.endswith("uniform"):
            assert layer.weight.abs().max() <= math.sqrt(3 * variance) + 1e-6


@pytest.mark.parametrize("layer", [nn.Linear(20, 50), nn.Linear(50, 20), nn.Conv2d(3, 8, 3)])
def test_orthogonal(layer):
    rows = initialize(layer, "orthogonal").weight.detach().flatten(1)
    product = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
    torch.testing.assert_close(product, torch.eye(len(product)), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("layer", "gates"), [(nn.LSTM(30, 40, 2), 4), (nn.GRU(30, 40), 3), (nn.RNN(30, 40), 1)]
)
def test_recurrent_weights_are_drawn_gate_by_gate(layer, gates):
    initialize(layer, "orthogonal", seed=0)
    for block in layer.weight_hh_l0.detach().chunk(gates):
        torch.testing.assert_close(block @ block.T, torch.eye(40), atol=1e-5, rtol=0)
    forget = layer.bias_ih_l0.detach()[40:80] if gates == 4 else torch.ones(1)
    assert (forget == 1).all()
    assert layer.bias_hh_l0.abs().sum() == 0
    initialize(layer, "he_normal", seed=0)
    assert layer.weight_ih_l0.std().item() == pytest.approx(math.sqrt(2 / 30), rel=0.1)


def test_norm_layers_are_left_alone_and_a_seed_repeats():
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 2))
    network[1].weight.data.fill_(3)
    first = [p.clone() for p in initialize(network, "he_uniform", seed=5).parameters()]
    torch.rand(3)
    second = list(initialize(network, "he_uniform", seed=5).parameters())
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert (network[1].weight == 3).all()
    assert (initialize(nn.Linear(3, 3), "ones").weight == 1).all()
    assert (initialize(nn.Linear(3, 3), "zeros").weight == 0).all()


def test_count_parameters():
    network = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    assert count_parameters(network) == 15 + 6 + 8
    network[0].requires_grad_(False)
    assert count_parameters(network) == 14
    assert count_parameters(network, trainable=False) == 29


def test_a_unit_norm_takes_a_batch_of_one():
    norm = UnitNorm(3)
    many = torch.randn(50, 3) * 2 + 1
    torch.testing.assert_close(
        norm(many),
        (many - many.mean(0)) / (many.var(0, unbiased=False) + norm.eps).sqrt(),
        rtol=1e-4,
        atol=1e-5,
    )
    one = torch.randn(1, 3)
    torch.testing.assert_close(norm(one), (one - norm.running_mean) / (norm.running_var + norm.eps).sqrt())
