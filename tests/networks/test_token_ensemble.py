import pytest
import torch

from hibiscus.networks.registry import build_network
from hibiscus.networks.token_ensemble import TokenEnsemble
from hibiscus.tokens import TokenShape

TOKENS = torch.tensor([[4, 5, 6, 7], [8, 9, 0, 0]])


def ensemble(outputs, average):
    torch.manual_seed(0)
    shape = TokenShape(8, 12)
    return TokenEnsemble([build_network("conv1d", shape, outputs, dropout=0.0) for _ in range(3)], average)


def test_in_training_each_member_has_outputs_of_its_own():
    network = ensemble(3, "probabilities").train()
    outputs = network(TOKENS)
    assert outputs.shape == (6, 3)
    for i, member in enumerate(network.members):
        torch.testing.assert_close(outputs[2 * i : 2 * i + 2], member(TOKENS))
    assert not torch.allclose(outputs[:2], outputs[2:4])


@pytest.mark.parametrize(
    ("outputs", "average", "link"),
    [
        (3, "probabilities", lambda y: y.softmax(-1)),
        (1, "probability", torch.sigmoid),
        (2, "values", lambda y: y),
    ],
)
def test_predictions_are_the_mean_of_the_members(outputs, average, link):
    network = ensemble(outputs, average).eval()
    expected = torch.stack([link(member(TOKENS)) for member in network.members]).mean(0)
    torch.testing.assert_close(link(network(TOKENS)), expected)


def test_padding_changes_nothing():
    network = ensemble(3, "probabilities").eval()
    torch.testing.assert_close(network(TOKENS)[1:], network(TOKENS[1:, :2]))
