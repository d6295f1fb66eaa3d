r"""The interface of encoder-decoder networks for translation, and what they share.

    $p(y \mid x) = \prod_t p(y_t \mid y_1, \dots, y_{t-1}, x)$,
    $p(y_t \mid y_1, \dots, y_{t-1}, x) = \mathrm{softmax}(E s_t + b)$

The encoder turns a source text into one vector per token, the memory; the decoder turns it and the target
tokens before $t$ into a state $s_t$. $E$ holds the vectors of the target tokens: by default the output layer
is tied to the embedding, which saves a third of the parameters and improves translations.

Reference: Sutskever et al., "Sequence to Sequence Learning with Neural Networks", 2014, arXiv 1409.3215;
    Press and Wolf, "Using the Output Embedding to Improve Language Models", 2017, arXiv 1608.05859.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.networks.token_embedding import TokenEmbedding
from hibiscus.tokens import PADDING, START, TokenShape

__all__ = ["EncoderDecoder", "Memory", "shifted"]


class Memory(NamedTuple):
    """An encoded source: what the decoder reads in every step."""

    mask: Tensor  # (batch, steps) bool, True for tokens
    layers: tuple[Any, ...]  # tensors with one row per item, as the network needs them


class EncoderDecoder(nn.Module, ABC):
    """An encoder of source texts, and a decoder of target texts.

    Args:
        source: shape of the source texts.
        target: shape of the target texts.
        width: values of a token vector.
        dropout: dropout rate of the token vectors.
        tied: whether the output layer has the weights of the target embedding.
        joint: whether source and target have one vocabulary, and one embedding.
        std: standard deviation of the initial token vectors.
    """

    def __init__(
        self,
        source: TokenShape,
        target: TokenShape,
        width: int,
        dropout: float,
        tied: bool,
        joint: bool,
        std: float,
    ):
        super().__init__()
        self.target_embedding = TokenEmbedding(target.vocabulary, width, dropout, std)
        self.source_embedding = (
            self.target_embedding if joint else TokenEmbedding(source.vocabulary, width, dropout, std)
        )
        self.output = nn.Linear(width, target.vocabulary)
        nn.init.zeros_(self.output.bias)
        if tied:
            self.output.weight = self.target_embedding.weight
        else:
            nn.init.normal_(self.output.weight, 0, width**-0.5)

    @abstractmethod
    def encode(self, source: Tensor) -> Memory:
        """The memory of source tokens (batch, steps)."""

    @abstractmethod
    def decoder_states(self, target: Tensor, memory: Memory, state: Any = None) -> tuple[Tensor, Any]:
        """The states (batch, steps, width) from which the next tokens are predicted.

        Args:
            target: tokens (batch, steps), from `START` on, or the ones after those of the state.
            memory: of the sources.
            state: what an earlier call returned, so that no step is computed twice; None at the start.

        Returns:
            The states, and the state after the last step.
        """

    @abstractmethod
    def attention(self, source: Tensor, target: Tensor) -> Tensor:
        """How much each prediction attends to each source token: (batch, target steps, source steps), which
        sums to 1 over the source. `target` begins with `START`.
        """

    def decode(self, target: Tensor, memory: Memory, state: Any = None) -> tuple[Tensor, Any]:
        """As `decoder_states`, with the logits of the next tokens (batch, steps, vocabulary)."""
        states, state = self.decoder_states(target, memory, state)
        return self.output(states), state

    def step(self, token: Tensor, memory: Memory, state: Any = None) -> tuple[Tensor, Any]:
        """The logits (batch, vocabulary) after one more token (batch, 1), for `beam_search`."""
        logits, state = self.decode(token, memory, state)
        return logits[:, -1], state

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """The logits of all target tokens, each given those before it; padding is left out.

        Shapes: int64 (batch, source steps) and (batch, target steps) to (target tokens, vocabulary).
        """
        states, _ = self.decoder_states(shifted(target), self.encode(source))
        return functional.linear(states[target != PADDING], self.output.weight, self.output.bias)


def shifted(target: Tensor) -> Tensor:
    """The tokens before each target token: `START` and all but the last."""
    return torch.cat([torch.full_like(target[:, :1], START), target[:, :-1]], dim=1)
