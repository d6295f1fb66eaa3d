import pytest
import torch
from torch import nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.recurrent import Recurrent, TokenRecurrent
from hibiscus.tokens import TokenShape

CELLS = ["rnn", "lstm", "gru"]


@pytest.mark.parametrize("cell", CELLS)
def test_no_dropout_in_evaluation(cell):
    network = build_network(cell, (6, 4), 3, dropout=0.5, recurrent_dropout=0.5, layers=2, units=8)
    x = torch.randn(2, 6, 4)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"layers": 3},
        {"bidirectional": True},
        {"bidirectional": True, "layers": 2, "recurrent_dropout": 0.2},
    ],
)
def test_shapes_and_gradients(cell, options):
    network = build_network(cell, (11, 3), 5, units=12, **options)
    out = network(torch.randn(4, 11, 3))
    assert out.shape == (4, 5)
    out.square().sum().backward()
    assert all(
        parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters()
    )


def test_a_image_is_read_row_by_row():
    network = build_network("lstm", (2, 6, 4), 3).eval()
    image = torch.randn(2, 2, 6, 4)
    rows = torch.stack(
        [image[:, :, row].transpose(1, 2).reshape(2, 8) for row in range(6)], dim=1
    )  # width then channels
    torch.testing.assert_close(network(image), network(rows))


@pytest.mark.parametrize(("cell", "count"), [("rnn", 75_786), ("lstm", 82_186), ("gru", 61_962)])
def test_parameter_counts(cell, count):
    """Torch's cells have two bias vectors where the textbook has one."""
    units, gates = {"rnn": (256, 1), "lstm": (128, 4), "gru": (128, 3)}[cell]
    assert count == gates * (28 * units + units * units + 2 * units) + units * 10 + 10
    assert count_parameters(build_network(cell, (1, 28, 28), 10)) == count


def test_initial_weights():
    core = build_network("lstm", (6, 4), 3, units=16).layers[0].core
    for gate in core.weight_hh_l0.detach().chunk(4):
        torch.testing.assert_close(gate @ gate.T, torch.eye(16), atol=1e-5, rtol=0)
    assert core.bias_ih_l0.tolist() == [0.0] * 16 + [1.0] * 16 + [0.0] * 32


@pytest.mark.parametrize("cell", CELLS)
def test_learns_to_remember_the_first_step(cell):
    torch.manual_seed(0)
    network = build_network(cell, (12, 2), 1, units=32)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    loss = torch.ones(())
    for _ in range(150):
        x = torch.randn(64, 12, 2)
        loss = functional.binary_cross_entropy_with_logits(network(x)[:, 0], (x[:, 0, 0] > 0).float())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert loss.item() < 0.5


@pytest.mark.parametrize("pool", ["last", "max", "mean"])
def test_pooled_states_of_a_sequence(pool):
    network = build_network("gru", (5, 3), 2, units=4, pool=pool)
    assert isinstance(network, Recurrent)
    x = torch.randn(2, 5, 3)
    states, _ = network.layers[0](x)
    pooled = {"last": states[:, -1], "max": states.amax(1), "mean": states.mean(1)}[pool]
    torch.testing.assert_close(network(x), network.head(pooled))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_last_state_of_a_text_is_that_after_its_last_token(cell, bidirectional):
    network = build_network(
        cell, TokenShape(9, 20), 2, units=4, layers=2, bidirectional=bidirectional, embedding_dim=3
    )
    assert isinstance(network, TokenRecurrent)
    tokens = torch.tensor([[5, 6, 7, 0, 0], [8, 9, 3, 4, 2]])
    alone = network(tokens[:1, :3])
    torch.testing.assert_close(network(tokens)[:1], alone)
    assert not torch.allclose(network(tokens[:, :2])[:1], alone)


def test_embedding_dim_is_refused_for_images():
    with pytest.raises(ConfigError, match="embedding_dim=8 for an image"):
        build_network("lstm", (1, 8, 8), 2, embedding_dim=8)


@pytest.mark.parametrize("pool", ["last", "max", "mean"])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_of_series_changes_no_output(cell, pool):
    torch.manual_seed(0)
    network = build_network(cell, (9, 2), 3, units=4, layers=2, bidirectional=True, pool=pool).eval()
    x = torch.randn(2, 9, 2)
    padded = torch.cat([x, torch.full((2, 4, 2), torch.nan)], dim=1)
    torch.testing.assert_close(network(padded), network(x))
    mixed = torch.stack([padded[0], torch.randn(13, 2)])
    torch.testing.assert_close(network(mixed)[:1], network(x[:1]))
