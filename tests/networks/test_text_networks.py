"""What holds for every network on texts."""

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.architecture import architecture_of, rebuild
from hibiscus.tokens import TokenShape

NETWORKS = [
    ("embedding-bag", {}),
    ("embedding-bag", {"pool": "max"}),
    ("rnn", {}),
    ("lstm", {}),
    ("gru", {"pool": "mean"}),
    ("lstm", {"bidirectional": True, "layers": 2}),
    ("gru", {"bidirectional": True, "pool": "max"}),
    ("lstm", {"bidirectional": True, "recurrent_dropout": 0.2, "dropout": 0.2}),
    ("conv1d", {}),
    ("conv1d", {"widths": (2, 7)}),
    ("conv1d-rnn", {}),
    ("conv1d-rnn", {"bidirectional": True}),
    ("transformer", {}),
    ("transformer", {"positions": "learned", "pool": "max"}),
    ("transformer", {"positions": "rotary", "pool": "last", "embedding_dim": 25}),
    ("linear", {}),
    ("linear", {"weighting": "tfidf"}),
    ("mlp", {"weighting": "count"}),
]
SHAPE = TokenShape(50, 1000)


@pytest.mark.parametrize(("name", "options"), NETWORKS)
def test_padding_changes_no_output(name, options):
    network = build_network(name, SHAPE, 2, **options).eval()
    batch = torch.zeros(4, 30, dtype=torch.int64)
    for row, length in enumerate((30, 7, 1)):
        batch[row, :length] = torch.randint(1, 1000, (length,))
    with torch.no_grad():
        together = network(batch)
        for row, length in enumerate((30, 7, 1, 0)):
            torch.testing.assert_close(
                network(batch[row : row + 1, :length]), together[row : row + 1], atol=1e-5, rtol=1e-4
            )
    assert together.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("name", "options"), NETWORKS)
def test_training_in_both_precisions(name, options, dtype):
    network = build_network(name, SHAPE, 3, **options)
    batch = torch.randint(1, 1000, (3, 12))
    batch[1, 5:] = 0
    batch[2] = 0
    with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        loss = network(batch).float().square().mean()
    loss.backward()
    assert torch.isfinite(loss)
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name


@pytest.mark.parametrize("name", ["cnn", "ynetwork", "resnet18", "realmlp"])
def test_networks_for_other_inputs_refuse_texts(name):
    with pytest.raises(ConfigError, match="a text of up to 50 tokens"):
        build_network(name, SHAPE, 2)


@pytest.mark.parametrize(("name", "options"), [("linear", {"weighting": "count"}), ("conv1d", {})])
def test_a_network_is_rebuilt_from_its_architecture(name, options):
    network = build_network(name, SHAPE, 2, **options)
    again = rebuild(architecture_of(network))
    assert [value.shape for value in again.parameters()][:-2] == [
        value.shape for value in network.parameters()
    ][:-2]
