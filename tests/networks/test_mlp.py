import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.mlp import build_linear, build_mlp


def test_linear_is_its_formula():
    network = build_linear((2, 3), 4)
    x = torch.randn(5, 2, 3)
    expected = x.numpy().reshape(5, 6) @ network[1].weight.detach().numpy().T
    np.testing.assert_allclose(network(x).detach().numpy(), expected, atol=1e-6)


def test_mlp_is_its_formula():
    network = build_mlp((6,), 3, hidden=(8, 7), activation="tanh")
    w1, b1, w2, b2, w3, b3 = (p.detach().double().numpy() for p in network.parameters())
    x = np.random.default_rng(0).normal(size=(4, 6))
    expected = np.tanh(np.tanh(x @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
    np.testing.assert_allclose(network(torch.tensor(x).float()).detach().numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 269_322),
        ({"hidden": []}, 7_850),
        ({"hidden": [512, 512]}, 669_706),
        ({"hidden": 64, "batch_norm": True}, 50_954),
    ],
)
def test_parameter_counts(options, count):
    assert count_parameters(build_network("mlp", (1, 28, 28), 10, **options)) == count


def test_dropout_only_while_training():
    network = build_mlp((6,), 3, dropout=0.5)
    x = torch.randn(4, 6)
    assert sum(isinstance(layer, nn.Dropout) for layer in network) == 2
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))
