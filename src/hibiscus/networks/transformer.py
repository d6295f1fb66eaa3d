r"""Transformer blocks: attention between the steps, then two linear layers at each step.

    $h = x + \mathrm{attention}(\mathrm{norm}(x))$,    $y = h + W_2\, \phi(W_1 \mathrm{norm}(h))$

The norm comes first, which trains without a warm-up of the learning rate; with `norm_first=False` it comes
after each sum, as in the paper and in BERT: $y = \mathrm{norm}(x + \mathrm{attention}(x))$. A decoder attends
only to earlier steps, and keeps their keys and values, so that each new token costs one step.

Reference: Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762; Xiong et al., "On Layer
    Normalization in the Transformer Architecture", 2020, arXiv 2002.04745.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.attention import Attention, KeysValues, causal_mask, rotate
from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import choice, fraction, whole
from hibiscus.networks.layers import activation as make_activation
from hibiscus.networks.layers import initialize

__all__ = ["POSITIONS", "Transformer", "TransformerBlock", "TransformerState", "sinusoids"]

POSITIONS = ("learned", "none", "rotary", "sinusoidal")


class TransformerState(NamedTuple):
    """What a decoder keeps of the steps before: their number, and the keys and values of each block."""

    steps: int
    blocks: tuple[KeysValues, ...]


class TransformerBlock(nn.Module):
    """One block: self-attention, attention to a source if `cross`, and a feedforward part.

    Args:
        width: values per step.
        heads: attention heads.
        feedforward: units of the feedforward part; 4 * width if None.
        dropout: dropout rate of what each part adds.
        norm_first: whether each part normalizes its input, and not the sum.
        cross: whether the block attends to a source, too.
        rotary: whether queries and keys are rotated by their position.
        activation: a name in `layers.ACTIVATIONS`.
        eps: added to the variances.

    Shapes: (batch, steps, width) to (batch, steps, width).
    """

    def __init__(
        self,
        width: int,
        heads: int,
        feedforward: int | None = None,
        dropout: float = 0.1,
        norm_first: bool = True,
        cross: bool = False,
        rotary: bool = False,
        activation: str = "gelu",
        eps: float = 1e-5,
    ):
        super().__init__()
        hidden = 4 * width if feedforward is None else whole("feedforward", feedforward)
        self.norm_first, self.rotary = norm_first, rotary
        self.attention = Attention(width, heads)
        self.attention_norm = nn.LayerNorm(width, eps)
        self.cross = Attention(width, heads) if cross else None
        self.cross_norm = nn.LayerNorm(width, eps) if cross else None
        layers = nn.Linear(width, hidden), make_activation(activation), nn.Linear(hidden, width)
        self.feedforward = initialize(nn.Sequential(*layers), "glorot_uniform")
        self.feedforward_norm = nn.LayerNorm(width, eps)
        self.dropout = Dropout(fraction("dropout", dropout))

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        causal: bool = False,
        past: KeysValues | None = None,
        first: int = 0,
        source: KeysValues | None = None,
        source_mask: Tensor | None = None,
    ) -> tuple[Tensor, KeysValues]:
        """The output, and the keys and values of all steps.

        Args:
            x: (batch, steps, width).
            mask: which keys each step may attend to; all if None.
            causal: without a mask and a past: each step attends to the steps up to itself.
            past: keys and values of the steps before.
            first: the position of the first step.
            source: `cross.keys_values` of the source.
            source_mask: which of those each step may attend to; all if None.
        """
        inputs = self.attention_norm(x) if self.norm_first else x
        queries, (keys, values) = self.attention.queries(inputs), self.attention.keys_values(inputs)
        if self.rotary:
            queries, keys = rotate(queries, first), rotate(keys, first)
        if past is not None:
            keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        x = self._add(x, self.attention.attend(queries, (keys, values), mask, causal), self.attention_norm)
        if self.cross is not None and self.cross_norm is not None and source is not None:
            inputs = self.cross_norm(x) if self.norm_first else x
            mixed = self.cross.attend(self.cross.queries(inputs), source, source_mask)
            x = self._add(x, mixed, self.cross_norm)
        inputs = self.feedforward_norm(x) if self.norm_first else x
        return self._add(x, self.feedforward(inputs), self.feedforward_norm), (keys, values)

    def _add(self, x: Tensor, part: Tensor, norm: nn.Module) -> Tensor:
        total = x + self.dropout(part)
        return total if self.norm_first else norm(total)


class Transformer(nn.Module):
    """Positions, a stack of blocks, and a last norm if the norm of the blocks comes first.

    Args:
        width: values per step.
        layers: number of blocks.
        heads: attention heads.
        positions: `sinusoidal` or `learned` vectors that are added to the inputs, `rotary` queries and keys,
            or `none`.
        steps: largest number of steps, for learned positions.
        dropout: dropout rate of the inputs, and of what each part of a block adds.
        block: further arguments of `TransformerBlock`.

    Shapes: (batch, steps, width) to (batch, steps, width).
    """

    def __init__(
        self,
        width: int,
        layers: int,
        heads: int,
        positions: str = "sinusoidal",
        steps: int = 512,
        dropout: float = 0.1,
        **block: Any,
    ):
        super().__init__()
        self.positions = choice("positions", positions, POSITIONS)
        self.learned = nn.Parameter(torch.randn(steps, width) * 0.02) if positions == "learned" else None
        block |= {"rotary": positions == "rotary", "dropout": dropout}
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, **block) for _ in range(whole("layers", layers))
        )
        self.norm = nn.LayerNorm(width) if block.get("norm_first", True) else nn.Identity()
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """All steps attend to all steps, except where the mask (batch, steps) is False."""
        x = self.dropout(self.with_positions(x))
        keys = None if mask is None else mask[:, None, None, :]
        for block in self.blocks:
            x, _ = block(x, keys)
        return self.norm(x)

    def decode(
        self, x: Tensor, state: TransformerState | None = None, window: int | None = None
    ) -> tuple[Tensor, TransformerState]:
        """Each step attends to itself and the steps before it.

        Args:
            x: (batch, steps, width), the steps after those of the state.
            state: what an earlier call returned.
            window: the largest number of steps that a step attends to, itself included.

        Returns:
            The output, and the state after the last step.
        """
        first = 0 if state is None else state.steps
        pasts = [None] * len(self.blocks) if state is None else state.blocks
        kept = 0 if state is None else state.blocks[0][0].shape[2]
        keys = kept + x.shape[1]
        plain = kept == 0 and (window is None or keys <= window)
        mask = None if plain or x.shape[1] == 1 else causal_mask(x.shape[1], keys, window, x.device)
        x = self.dropout(self.with_positions(x, first))
        blocks = []
        for block, past in zip(self.blocks, pasts, strict=True):
            x, (key, value) = block(x, mask, plain, past, first)
            last = 0 if window is None else max(0, key.shape[2] - window + 1)
            blocks.append((key[:, :, last:], value[:, :, last:]))
        return self.norm(x), TransformerState(first + x.shape[1], tuple(blocks))

    def with_positions(self, x: Tensor, first: int = 0) -> Tensor:
        """The inputs with the vectors of the positions from `first` added.

        Raises:
            ConfigError: more steps than learned positions.
        """
        end = first + x.shape[1]
        if self.learned is not None:
            if end > len(self.learned):
                expected = f"at most {len(self.learned)} steps, as many as learned positions"
                raise ConfigError(f"{end} steps", expected, "use positions=sinusoidal or shorter texts")
            return x + self.learned[first:end]
        if self.positions != "sinusoidal":
            return x
        return x * math.sqrt(x.shape[2]) + sinusoids(end, x.shape[2], x.device)[first:].to(x.dtype)


def sinusoids(steps: int, width: int, device: torch.device | None = None) -> Tensor:
    r"""Vectors of positions (steps, width), half of them sines and half cosines.

    $p_{t, i} = \sin(t / 10000^{2 i / d})$,    $p_{t, d/2 + i} = \cos(t / 10000^{2 i / d})$
    """
    half = (width + 1) // 2
    frequencies = 10_000.0 ** (-torch.arange(half, device=device, dtype=torch.float32) * 2 / width)
    angles = torch.arange(steps, device=device, dtype=torch.float32)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]
