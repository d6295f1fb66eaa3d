r"""Attention with several heads, with keys and values that can be kept from step to step.

    $\mathrm{head}_i = \mathrm{softmax}\!\left(\frac{(x W^Q_i)(z W^K_i)^\top}{\sqrt{d}}\right) z W^V_i$,
    $y = [\mathrm{head}_1, \dots, \mathrm{head}_h]\, W^O$

with $z = x$ in self-attention and $z$ the encoded source otherwise. Rotary positions turn each pair of values
of queries and keys by an angle that is proportional to the position, so that their product depends on the
distance of two steps only.

Reference: Vaswani et al., "Attention Is All You Need", 2017, arXiv 1706.03762; Su et al., "RoFormer: Enhanced
    Transformer with Rotary Position Embedding", 2021, arXiv 2104.09864.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import whole
from hibiscus.networks.layers import initialize

__all__ = ["Attention", "KeysValues", "attention_weights", "causal_mask", "rotate"]

KeysValues = tuple[Tensor, Tensor]  # each (batch, heads, steps, head width)
PLAIN_KEYS = 1024  # up to which plain products take half to a sixth of the time of torch's kernel in bfloat16


class Attention(nn.Module):
    """Attention of `heads` heads on vectors of `width` values.

    Args:
        width: values per vector, a multiple of `heads`.
        heads: number of heads.

    Shapes: (batch, steps, width) to (batch, steps, width); masks are bool, True where a query may attend to a
        key, and broadcast to (batch, heads, queries, keys).

    Differences from the paper: no dropout of the attention weights, which torch's fast kernels lack on a CPU.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        if whole("width", width) % whole("attention_heads", heads):
            fix = f"attention_heads={max(n for n in range(1, heads + 1) if width % n == 0)}"
            raise ConfigError(f"width={width} with attention_heads={heads}", "a multiple of the heads", fix)
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)
        initialize(self, "glorot_uniform")

    def keys_values(self, source: Tensor) -> KeysValues:
        """The keys and values of a source (batch, steps, width)."""
        keys, values = self.key_value(source).chunk(2, dim=-1)
        return self._heads(keys), self._heads(values)

    def queries(self, x: Tensor) -> Tensor:
        """(batch, steps, width) to (batch, heads, steps, head width)."""
        return self._heads(self.query(x))

    def attend(
        self, queries: Tensor, keys_values: KeysValues, mask: Tensor | None = None, causal: bool = False
    ) -> Tensor:
        """The output for given queries, keys and values.

        Args:
            queries: (batch, heads, queries, head width).
            keys_values: of as many heads.
            mask: which keys each query may attend to; all if None.
            causal: instead of a mask: query t attends to the keys up to t.
        """
        keys, values = keys_values
        if queries.dtype == torch.bfloat16 and queries.device.type == "cpu" and keys.shape[2] <= PLAIN_KEYS:
            if causal:
                mask = causal_mask(queries.shape[2], keys.shape[2], device=queries.device)
            mixed = attention_weights(queries, keys, mask).to(values.dtype) @ values
        else:
            mixed = functional.scaled_dot_product_attention(queries, keys, values, mask, is_causal=causal)
        return self.output(mixed.transpose(1, 2).flatten(2))

    def forward(self, x: Tensor, source: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Self-attention, or attention to a source (batch, keys, width)."""
        return self.attend(self.queries(x), self.keys_values(x if source is None else source), mask)

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


def attention_weights(queries: Tensor, keys: Tensor, mask: Tensor | None = None) -> Tensor:
    """The weights that `Attention.attend` computes and does not return: (batch, heads, queries, keys), which
    sum to 1 over the keys.
    """
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(-1)


def causal_mask(queries: int, keys: int, window: int | None = None, device: object = None) -> Tensor:
    """A mask (queries, keys) of sequences whose last query is at the position of the last key: each query
    attends to itself and those before it, in all to `window` keys at most.
    """
    query = torch.arange(keys - queries, keys, device=device)[:, None]  # type: ignore[call-overload]
    key = torch.arange(keys, device=device)  # type: ignore[call-overload]
    mask = key <= query
    return mask if window is None else mask & (key > query - window)


def rotate(x: Tensor, first: int = 0, base: float = 10_000.0) -> Tensor:
    """Queries or keys (batch, heads, steps, head width) at the positions from `first`, with rotary positions.

    Args:
        x: with an even head width.
        first: the position of the first step.
        base: of the wave lengths, which grow from 2π to 2π * base steps.
    """
    half = x.shape[-1] // 2
    frequencies = base ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    positions = torch.arange(first, first + x.shape[-2], device=x.device, dtype=torch.float32)
    angles = positions[:, None] * frequencies
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    left, right = x[..., :half], x[..., half:]
    return torch.cat([left * cosine - right * sine, right * cosine + left * sine], dim=-1)
