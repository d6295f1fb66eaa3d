import pytest
import torch
from torch import nn
from torch.nn import functional

from hibiscus.networks import build_network, count_parameters
from hibiscus.networks import recurrent as recurrent_file
from hibiscus.networks.recurrent import VariationalLayer, unroll

CELLS = ["rnn", "lstm", "gru"]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_steps_equal_the_fused_kernel_when_the_mask_is_ones(cell, bidirectional):
    layer = VariationalLayer(cell, 5, 7, bidirectional)
    nn.init.normal_(layer.core.bias_hh_l0)  # so that both biases count
    x = torch.randn(3, 6, 5)
    states, last = layer(x)
    slow_states, slow_last = unroll(layer.core, x, torch.ones(2 if bidirectional else 1, 3, 7))
    torch.testing.assert_close(slow_states, states)
    torch.testing.assert_close(slow_last, last)
    fused = torch.autograd.grad(states.square().sum(), list(layer.core.parameters()))
    slow = torch.autograd.grad(slow_states.square().sum(), list(layer.core.parameters()))
    torch.testing.assert_close(slow, fused, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_masks_are_one_for_all_steps_of_a_sequence(cell, monkeypatch):
    layer = VariationalLayer(cell, 5, 40, dropout=0.5, recurrent_dropout=0.25)
    nn.init.normal_(layer.core.bias_ih_l0)  # so that no state is zero by itself
    drawn, into_steps = [], []
    plain_dropout, plain_linear = functional.dropout, functional.linear

    def dropout(*args):
        drawn.append(plain_dropout(*args))
        return drawn[-1]

    def linear(x, *args):
        into_steps.append(x)
        return plain_linear(x, *args)

    monkeypatch.setattr(recurrent_file.functional, "dropout", dropout)
    monkeypatch.setattr(recurrent_file.functional, "linear", linear)
    layer(torch.ones(16, 9, 5))
    inputs_mask, state_mask = drawn
    assert set(inputs_mask.unique().tolist()) == {0.0, 2.0}
    assert state_mask.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    inputs, *states = into_steps
    assert torch.equal(inputs, inputs_mask.expand(16, 9, 5))
    assert len(states) == 9
    for state in states[1:]:
        assert torch.equal(state == 0, state_mask[0] == 0)
    assert not torch.equal(state_mask[0, 0], state_mask[0, 1])  # drawn per sequence


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
