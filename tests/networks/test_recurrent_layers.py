import pytest
import torch
from torch import nn
from torch.nn import functional

from hibiscus.networks import recurrent_layers
from hibiscus.networks.recurrent_layers import PaddedLayer, VariationalLayer, unroll

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

    monkeypatch.setattr(recurrent_layers.functional, "dropout", dropout)
    monkeypatch.setattr(recurrent_layers.functional, "linear", linear)
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


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padded_sequences_are_those_of_torch(cell, bidirectional):
    layer = PaddedLayer(cell, 3, 4, bidirectional)
    core = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell](
        3, 4, batch_first=True, bidirectional=bidirectional
    )
    weights = dict(layer.ahead.core.named_parameters())
    if layer.reverse is not None:
        weights |= {f"{name}_reverse": value for name, value in layer.reverse.core.named_parameters()}
    core.load_state_dict(weights)
    x, lengths = torch.randn(3, 6, 3), torch.tensor([4, 6, 1])
    packed, last = core(nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
    expected, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    last = last[0] if isinstance(last, tuple) else last
    states, final = layer(x, lengths)
    valid = (torch.arange(6) < lengths[:, None])[:, :, None]
    torch.testing.assert_close(states * valid, expected)
    torch.testing.assert_close(final, last.transpose(0, 1).flatten(1))


@pytest.mark.parametrize("cell", CELLS)
def test_lengths_hold_the_state_of_recurrent_dropout(cell):
    torch.manual_seed(0)
    layer = VariationalLayer(cell, 2, 4, bidirectional=True)
    x, masks = torch.randn(2, 7, 2), torch.ones(2, 2, 4)
    states, last = unroll(layer.core, x, masks, torch.tensor([5, 7]))
    short, short_last = layer(x[:1, :5])
    torch.testing.assert_close(states[:1, :5], short)
    torch.testing.assert_close(last[:1], short_last)
    torch.testing.assert_close(layer(x, torch.tensor([5, 7]))[1][:1], short_last)
