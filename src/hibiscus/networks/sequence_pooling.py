r"""Sequences of different lengths in one batch, padded at their end: lengths, masks, and one vector per
sequence that does not depend on the padding.

    last: $h_n$;    max: $\max_{t \le n} h_t$;    mean: $\frac{1}{n} \sum_{t \le n} h_t$

with $n$ the length of the sequence. A sequence of padding only counts as one step, so that all results are
finite.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["POOLS", "at_least", "pool_steps", "reverse_steps", "token_lengths", "valid_steps"]

POOLS = ("last", "max", "mean")


def at_least(tokens: Tensor, steps: int) -> Tensor:
    """The tokens `(batch, steps)` with padding at the end, if there are fewer steps than that."""
    return functional.pad(tokens, (0, max(0, steps - tokens.shape[1])))


def token_lengths(tokens: Tensor) -> Tensor:
    """The number of steps up to the last token that is not padding, at least 1.

    Shapes: int64 (batch, steps), 0 for padding, to int64 (batch,).
    """
    positions = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    return (tokens.ne(0) * positions).amax(1).clamp(min=1)


def valid_steps(lengths: Tensor, steps: int) -> Tensor:
    """Which steps belong to the sequences: bool (batch, steps)."""
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def reverse_steps(x: Tensor, lengths: Tensor) -> Tensor:
    """Each sequence from its last step to its first, with its padding left at the end.

    Shapes: (batch, steps, features) and (batch,) to (batch, steps, features).
    """
    steps = torch.arange(x.shape[1], device=x.device)
    opposite = lengths[:, None] - 1 - steps
    index = torch.where(opposite < 0, steps, opposite)
    return x.gather(1, index[:, :, None].expand_as(x))


def pool_steps(states: Tensor, lengths: Tensor, how: str) -> Tensor:
    """One vector per sequence.

    Args:
        states: (batch, steps, features).
        lengths: int64 (batch,), from 1 to the number of steps.
        how: a name in `POOLS`.

    Returns:
        (batch, features).
    """
    if how == "last":
        return states[torch.arange(len(states), device=states.device), lengths - 1]
    valid = valid_steps(lengths, states.shape[1])[:, :, None]
    if how == "max":
        return states.masked_fill(~valid, -torch.inf).amax(1)
    return states.masked_fill(~valid, 0).sum(1) / lengths[:, None].to(states.dtype)
