"""RealMLP: its parts, and that a member of an ensemble is the network that it would be alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.realmlp import averaged, build_realmlp

COLUMNS = [("number", 1, (-1.0, 0.0, 1.0)), ("category", 3, ()), ("category", 10, ()), ("number", 1, ())]
X = torch.randn(7, 15, generator=torch.Generator().manual_seed(0))


def member_of(network, index):
    """The network with the weights of one member."""
    alone = build_realmlp((15,), 3, columns=COLUMNS, hidden=(6, 5), dropout=0.0, numbers=network.numbers)
    for name, parameter in alone.named_parameters():
        own = network.get_parameter(name).detach()
        if name == "embeddings.embedding.frequency":
            parameter.data = own[index : index + 1]
        elif name.endswith("embedding.weight") and network.numbers == "piecewise":
            parameter.data = own.unflatten(2, (network.members, -1))[:, :, index]
        elif name.endswith("embedding.bias") and network.numbers == "piecewise":
            parameter.data = own.view(-1, network.members, 7)[:, index].flatten()
        elif name.startswith("embeddings.categories"):
            parameter.data = own.unflatten(1, (network.members, -1))[:, index]
        else:
            parameter.data = own.chunk(network.members)[index]
    return alone


@pytest.mark.parametrize("numbers", ["piecewise", "periodic", "none"])
def test_a_member_is_the_single_network_with_the_same_weights(numbers):
    network = build_realmlp((15,), 3, columns=COLUMNS, hidden=(6, 5), members=4, numbers=numbers, dropout=0.0)
    network.numbers = numbers
    outputs = network(X).unflatten(0, (4, 7))
    outputs.square().sum().backward()
    for index in range(4):
        alone = member_of(network, index).eval()
        torch.testing.assert_close(alone(X), outputs[index])
        gradient = torch.autograd.grad(alone(X).square().sum(), alone.body[-1].weight)[0]
        torch.testing.assert_close(gradient, network.body[-1].weight.grad.chunk(4)[index])


def test_the_average_is_that_of_probabilities_or_of_values():
    y = torch.randn(3, 5, 4)
    expected = y.softmax(2).mean(0)
    torch.testing.assert_close(averaged(y, "probabilities").softmax(1), expected)
    torch.testing.assert_close(averaged(y, "probability").sigmoid(), y.sigmoid().mean(0))
    torch.testing.assert_close(averaged(y, "values"), y.mean(0))
    extreme = averaged(torch.tensor([[[200.0]], [[-200.0]]]), "probability")
    torch.testing.assert_close(extreme, torch.zeros(1, 1))


def test_every_part_can_be_switched():
    full = build_realmlp((15,), 3, columns=COLUMNS)
    kinds = {type(layer).__name__ for layer in full.body}
    assert kinds == {"MemberScale", "MemberLinear", "ParametricActivation", "MemberDropout"}
    options = {"scale": False, "parametric": False, "dropout": 0.0, "ntk": False, "numbers": "none"}
    plain = build_realmlp(
        (15,), 3, columns=COLUMNS, max_one_hot=10, hidden=(6,), activation="relu", **options
    )
    assert count_parameters(plain) == 15 * 6 + 6 + 6 * 3 + 3
    w1, b1, w2, b2 = (parameter.detach().double().numpy() for parameter in plain.parameters())
    expected = np.maximum(X.numpy() @ w1.T + b1, 0) @ w2.T + b2
    np.testing.assert_allclose(plain.eval()(X).detach().numpy(), expected, atol=1e-5)


def test_learning_rates_differ_by_part():
    network = build_realmlp((15,), 3, columns=COLUMNS, members=2)
    factors = {name: network.lr_factors().get(p, 1.0) for name, p in network.named_parameters()}
    assert factors["body.0.scale"] == 6
    assert factors["body.1.weight"] == 1
    assert factors["body.1.bias"] == factors["body.2.alpha"] == factors["embeddings.embedding.weight"] == 0.1


def test_other_inputs_are_flattened_and_options_checked():
    assert build_network("realmlp", (1, 4, 4), 2).eval()(torch.randn(3, 1, 4, 4)).shape == (3, 2)
    with pytest.raises(ConfigError, match="numbers='cubic'"):
        build_network("realmlp", (4,), 2, numbers="cubic")
    with pytest.raises(ConfigError, match="no option 'members'"):
        build_network("realmlp", (4,), 2, members=2)
    with pytest.raises(ConfigError, match="members=0"):
        build_network("realmlp", (4,), 2, derived={"members": 0})


def test_no_value_is_no_embedding_as_the_command_line_reads_none():
    columns = [("number", 1, (0.0, 1.0, 2.0, 3.0))]
    assert build_realmlp((1,), 1, numbers=None, columns=columns).embeddings.width == 1
    assert build_realmlp((1,), 1, columns=columns).embeddings.width > 1
