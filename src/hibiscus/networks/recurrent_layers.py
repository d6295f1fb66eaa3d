r"""Recurrent layers: the simple RNN, LSTM and GRU, with a dropout mask that is constant over the steps of a
sequence, and with texts of different lengths read in both directions.

    rnn: $h_t = \tanh(W x_t + U (m \odot h_{t-1}) + b)$
    lstm: $i, f, g, o = W x_t + U (m \odot h_{t-1}) + b$;
          $c_t = \sigma(f) c_{t-1} + \sigma(i) \tanh(g)$;  $h_t = \sigma(o) \tanh(c_t)$
    gru: $r, z = \sigma(W x_t + U (m \odot h_{t-1}) + b)$;
         $n = \tanh(W_n x_t + b_n + r (U_n (m \odot h_{t-1}) + b'_n))$;
         $h_t = (1 - z) n + z h_{t-1}$

$m$ is the mask of recurrent dropout, sampled once per sequence and scaled by $1/(1-p)$; without it torch's
fused kernels are used.

Reference: Hochreiter and Schmidhuber, "Long short-term memory", 1997; Cho et al., 2014, arXiv 1406.1078; Gal
    and Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016,
    arXiv 1512.05287.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from hibiscus.networks.dropout import dropout_mask
from hibiscus.networks.layers import INITIALIZERS, initialize_recurrent
from hibiscus.networks.sequence_pooling import reverse_steps

__all__ = ["CELLS", "PaddedLayer", "Rows", "VariationalLayer", "unroll"]

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}


class VariationalLayer(nn.Module):
    """One recurrent layer with dropout masks that are constant over a sequence; its weights are in torch's
    own module, `core`.

    Shapes: (batch, steps, features) to all states (batch, steps, directions * units) and the last (batch,
        directions * units); with lengths (batch,), the last state of each sequence is that at its own end.
    """

    def __init__(
        self,
        cell: str,
        features: int,
        units: int,
        bidirectional: bool = False,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ):
        super().__init__()
        self.core = CELLS[cell](features, units, batch_first=True, bidirectional=bidirectional)
        self.dropout, self.recurrent_dropout = dropout, recurrent_dropout
        initialize_recurrent(self.core, INITIALIZERS["glorot_uniform"], INITIALIZERS["orthogonal"])

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """All states, and the last; those of padding have no meaning."""
        if self.training and self.dropout:
            x = x * dropout_mask(x, (1, x.shape[2]), self.dropout)
        if self.training and self.recurrent_dropout:
            directions = 2 if self.core.bidirectional else 1
            mask = dropout_mask(x, (directions, self.core.hidden_size), self.recurrent_dropout, axis=1)
            return unroll(self.core, x, mask, lengths)
        if lengths is None:
            states, last = self.core(x)
        else:
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            states, last = self.core(packed)
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        last = last[0] if isinstance(last, tuple) else last  # (directions, batch, units)
        return states, last.transpose(0, 1).flatten(1)


class PaddedLayer(nn.Module):
    """One recurrent layer for sequences of different lengths that are padded at their end; with
    `bidirectional`, a second layer reads each of them from its own last step to its first.

    It is the result of torch's packed sequences, whose kernels take twice the time on a CPU. The arguments
    are those of `VariationalLayer`.

    Shapes: (batch, steps, features) and lengths (batch,) to all states (batch, steps, directions * units) and
        the last of each sequence (batch, directions * units).
    """

    def __init__(self, cell: str, features: int, units: int, bidirectional: bool = False, *rates: float):
        super().__init__()
        self.ahead = VariationalLayer(cell, features, units, False, *rates)
        self.reverse = VariationalLayer(cell, features, units, False, *rates) if bidirectional else None

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """All states, and the last of each sequence; the states of padding have no meaning."""
        states, _ = self.ahead(x)
        last = states[torch.arange(len(x), device=x.device), lengths - 1]
        if self.reverse is None:
            return states, last
        reverse, _ = self.reverse(reverse_steps(x, lengths))
        reverse = reverse_steps(reverse, lengths)
        return torch.cat([states, reverse], dim=2), torch.cat([last, reverse[:, 0]], dim=1)


class Rows(nn.Module):
    """Selects the last state of a recurrent layer: one row per sequence."""

    def forward(self, states: tuple[Tensor, Tensor]) -> Tensor:
        """The second of (all states, last state)."""
        return states[1]


def unroll(
    core: nn.RNNBase, x: Tensor, masks: Tensor, lengths: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The recurrence of `core` step by step, with the previous state multiplied by a mask in each step.

    Shapes: x (batch, steps, features); masks (directions, batch, units); lengths (batch,), if sequences are
        padded; returns as `VariationalLayer`.
    """
    step = {"LSTM": _lstm_step, "GRU": _gru_step}.get(core.mode, _rnn_step)
    states, last = [], []
    for direction, mask in enumerate(masks):
        end = "_l0_reverse" if direction else "_l0"
        weight, bias = getattr(core, f"weight_hh{end}"), getattr(core, f"bias_hh{end}")
        inputs = functional.linear(
            x, getattr(core, f"weight_ih{end}"), getattr(core, f"bias_ih{end}")
        ).unbind(1)
        h = c = x.new_zeros(x.shape[0], core.hidden_size)
        row = []
        for time in reversed(range(len(inputs))) if direction else range(len(inputs)):
            new = step(inputs[time], functional.linear(h * mask, weight, bias), h, c)
            h, c = new if lengths is None else _kept((lengths > time)[:, None], new, (h, c))
            row.append(h)
        states.append(torch.stack(row[::-1] if direction else row, dim=1))
        last.append(h)
    return torch.cat(states, dim=2), torch.cat(last, dim=1)


def _kept(valid: Tensor, new: tuple[Tensor, Tensor], old: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The new states where a step belongs to its sequence, otherwise the old ones."""
    return torch.where(valid, new[0], old[0]), torch.where(valid, new[1], old[1])


def _rnn_step(inputs: Tensor, hidden: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    return torch.tanh(inputs + hidden), c


def _lstm_step(inputs: Tensor, hidden: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = (inputs + hidden).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def _gru_step(inputs: Tensor, hidden: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    units = h.shape[1]
    r, z = (inputs[:, : 2 * units] + hidden[:, : 2 * units]).sigmoid().chunk(2, dim=1)
    n = torch.tanh(inputs[:, 2 * units :] + r * hidden[:, 2 * units :])
    return n + z * (h - n), c
