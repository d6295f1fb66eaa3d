import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.ynetwork import MERGES, merge_branches

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("merge", "formula"),
    [
        ("concat", lambda a, b: np.concatenate([a, b], 1).reshape(2, -1)),
        ("add", lambda a, b: (a + b).reshape(2, -1)),
        ("multiply", lambda a, b: (a * b).reshape(2, -1)),
        ("dot", lambda a, b: np.einsum("ncp,ncp->nc", a, b) / np.sqrt(5)),
    ],
)
def test_merges_are_their_formulas(merge, formula):
    left, right = RNG.normal(size=(2, 3, 5)), RNG.normal(size=(2, 3, 5))
    np.testing.assert_allclose(
        merge_branches([torch.tensor(left), torch.tensor(right)], merge).numpy(), formula(left, right)
    )


@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 96, 96)])
def test_one_image(merge, shape):
    network = build_network("ynetwork", shape, 10, merge=merge)
    out = network(torch.randn(2, *shape))
    assert out.shape == (2, 10)
    out.sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("merge", MERGES)
def test_image_and_table(merge):
    network = build_network("ynetwork", ((3, 32, 32), (13,)), 4, merge=merge)
    image, table = torch.randn(2, 3, 32, 32), torch.randn(2, 13)
    out = network(image, table)
    assert out.shape == (2, 4)
    network.eval()
    assert not torch.equal(network(image, table), network(image, table + 1))
    assert not torch.equal(network(image, table), network(image + 1, table))


def test_three_inputs_one_a_sequence():
    network = build_network("ynetwork", ((1, 16, 16), (5,), (12, 3)), 2, merge="add")
    assert network(torch.randn(2, 1, 16, 16), torch.randn(2, 5), torch.randn(2, 12, 3)).shape == (2, 2)
    with pytest.raises(ConfigError, match="1 inputs"):
        network(torch.randn(2, 1, 16, 16))


def test_branches_differ_in_dilation_and_count():
    network = build_network("ynetwork", (1, 28, 28), 10)
    dilations = [
        {layer.dilation for layer in branch if isinstance(layer, nn.Conv2d)} for branch in network.branches
    ]
    assert dilations == [{(1, 1)}, {(2, 2)}]
    branch = 320 + 18_496 + 73_856
    assert count_parameters(network) == 2 * branch + (2 * 128 * 3 * 3) * 10 + 10
