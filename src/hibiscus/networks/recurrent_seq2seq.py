r"""A recurrent encoder-decoder with attention.

    encoder: $h_1, \dots, h_n$ = states of a bidirectional GRU or LSTM
    decoder: $d_t = \mathrm{GRU}(d_{t-1}, y_{t-1})$,    $d_0 = \tanh(W_0 h_\mathrm{last})$
    attention: $a_t = \mathrm{softmax}_i(d_t^\top W_a h_i / \sqrt{k})$,    $c_t = \sum_i a_{t,i} h_i$
    prediction: $s_t = \tanh(W_c [d_t, c_t])$

The attention is that of Luong et al. ("general"). It follows the recurrent layer instead of being one of its
inputs as in Bahdanau et al.; hence the decoder runs over all target tokens in one call of torch's kernel,
and the attention of all steps is a single matrix product.

Reference: Luong, Pham, Manning, "Effective Approaches to Attention-based Neural Machine Translation", 2015,
    arXiv 1508.04025; Bahdanau, Cho, Bengio, 2014, arXiv 1409.0473; Cho et al., 2014, arXiv 1406.1078.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.networks.dropout import dropout
from hibiscus.networks.encoder_decoder import EncoderDecoder, Memory
from hibiscus.networks.input_shapes import choice, fraction, whole
from hibiscus.networks.layers import INITIALIZERS, initialize, initialize_recurrent
from hibiscus.networks.recurrent_layers import CELLS, PaddedLayer
from hibiscus.networks.sequence_pooling import token_lengths, valid_steps
from hibiscus.tokens import TokenShape

__all__ = ["RecurrentSeq2Seq"]


class RecurrentSeq2Seq(EncoderDecoder):
    """A bidirectional recurrent encoder, and a recurrent decoder with attention.

    Args:
        source: shape of the source texts.
        target: shape of the target texts.
        cell: `gru` or `lstm`.
        width: values of a token vector, and units of the states of the decoder.
        layers: recurrent layers of the encoder, and of the decoder.
        dropout: dropout rate of token vectors, between layers, and of the last states.
        tied: whether the output layer has the weights of the target embedding.
        joint: whether source and target have one embedding.

    Differences from the paper: a bidirectional encoder; the scores are divided by the root of the width; the
        attentional state is no input of the next step (no input feeding), which would forbid the single call.
    """

    def __init__(
        self,
        source: TokenShape,
        target: TokenShape,
        cell: str = "gru",
        width: int = 256,
        layers: int = 1,
        dropout: float = 0.3,
        tied: bool = True,
        joint: bool = False,
    ):
        rate, width = fraction("dropout", dropout), whole("width", width, 2)
        super().__init__(source, target, width, rate, tied, joint, width**-0.5)
        kind = CELLS[choice("cell", cell, ("gru", "lstm"))]
        half, self.rate = (width + 1) // 2, rate
        features = [width, *[2 * half] * (whole("layers", layers) - 1)]
        self.encoder = nn.ModuleList(PaddedLayer(cell, size, half, True) for size in features)
        self.bridge = nn.ModuleList(nn.Linear(2 * half, width) for _ in features)
        cores = [kind(width, width, batch_first=True) for _ in features]
        self.decoder = nn.ModuleList(cores)
        for core in cores:
            initialize_recurrent(core, INITIALIZERS["glorot_uniform"], INITIALIZERS["orthogonal"])
        self.key = nn.Linear(2 * half, width, bias=False)
        self.combine = nn.Linear(width + 2 * half, width)
        for layer in (self.bridge, self.key, self.combine):
            initialize(layer, "glorot_uniform")

    def encode(self, source: Tensor) -> Memory:
        """The memory: states of the encoder, keys, and the first state of each layer of the decoder."""
        lengths, x, first = token_lengths(source), self.source_embedding(source), []
        for index, (layer, bridge) in enumerate(zip(self.encoder, self.bridge, strict=True)):
            x, last = layer(dropout(x, self.rate, self.training and index > 0), lengths)
            first.append(bridge(last).tanh())
        return Memory(valid_steps(lengths, source.shape[1]), (x, self.key(x), *first))

    def decoder_states(self, target: Tensor, memory: Memory, state: Any = None) -> tuple[Tensor, Any]:
        """The attentional states, and the states of the recurrent layers."""
        states, state, context = self._attend(target, memory, state)[:3]
        combined = self.combine(torch.cat([states, context], dim=2)).tanh()
        return dropout(combined, self.rate, self.training), state

    def attention(self, source: Tensor, target: Tensor) -> Tensor:
        """The attention weights."""
        return self._attend(target, self.encode(source), None)[3]

    def _attend(
        self, target: Tensor, memory: Memory, state: Any
    ) -> tuple[Tensor, tuple[Any, ...], Tensor, Tensor]:
        """Recurrent states, the state to go on from, context vectors, attention weights."""
        encoded, keys, *first = memory.layers
        x, after = self.target_embedding(target), []
        for index, core in enumerate(self.decoder):
            before = self._as_state(core, first[index]) if state is None else state[index]
            x = dropout(x, self.rate, self.training and index > 0)
            x, last = core(x, _layers_first(before))
            after.append(_layers_first(last))
        scores = x @ keys.transpose(1, 2) / keys.shape[2] ** 0.5
        weights = scores.float().masked_fill(~memory.mask[:, None], -torch.inf).softmax(2)
        return x, tuple(after), weights.to(encoded.dtype) @ encoded, weights

    @staticmethod
    def _as_state(core: nn.Module, first: Tensor) -> Any:
        """A state with one row per item."""
        hidden = first[:, None]
        return (hidden, torch.zeros_like(hidden)) if isinstance(core, nn.LSTM) else hidden


def _layers_first(state: Any) -> Any:
    """Exchanges the first two axes, since torch's layers take (layers, batch, units)."""
    if isinstance(state, tuple):
        return tuple(_layers_first(value) for value in state)
    return state.transpose(0, 1).contiguous()
