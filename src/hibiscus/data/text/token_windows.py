"""Batches for language models: windows of one long sequence of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.batches import mix_seed
from hibiscus.errors import DataError
from hibiscus.sharding import shard_of
from hibiscus.tokens import END

__all__ = ["TextPart", "TokenWindows", "join_tokens"]


@dataclass(frozen=True)
class TextPart:
    """A part of the data as one sequence of tokens.

    Args:
        tokens: int64 (tokens,).
        characters: of the texts that the tokens but the first stand for; the end of a text is one.
        first_token: after which a text without a prompt begins.
    """

    tokens: Tensor
    characters: int
    first_token: int


def join_tokens(rows: Iterable[Sequence[int]], continuous: bool) -> Tensor:
    """The tokens of texts one after another, int64 (tokens,).

    Args:
        rows: the tokens of each text, without padding.
        continuous: whether the texts are pieces of one text; otherwise `END` follows each.
    """
    parts = [np.asarray(row, np.int64) for row in rows]
    if not continuous:
        end = np.array([END], np.int64)
        parts = [part for row in parts for part in (row, end)]
    return torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *parts]))


class TokenWindows:
    """Endless batches of windows of a sequence of tokens, which overlap in one token; an epoch is one pass.

    In each epoch the windows begin at another offset and come in another order. Both depend only on (seed,
    epoch), so the saved position is two numbers, and a resumed run gets exactly the batches it would have
    got. Tokens before the first and after the last window of an epoch are left out.

    Args:
        tokens: int64 (tokens,), at least two.
        length: tokens to predict in each window.
        batch_size: windows in a batch.
        seed: determines the offsets and orders.
        device: of the batches.
        share: `(this process, processes)`; this process takes its shard of every batch.

    Raises:
        DataError: fewer than two tokens.
    """

    def __init__(
        self,
        tokens: Tensor,
        length: int,
        batch_size: int,
        seed: int,
        device: torch.device,
        share: tuple[int, int] = (0, 1),
    ):
        if len(tokens) < 2:
            received = f"a training part of {len(tokens)} tokens"
            raise DataError(received, "at least 2 tokens", "train on a longer text")
        self.tokens, self.batch_size, self.seed = tokens, batch_size, seed
        self.device, self.share = device, share
        self.length = min(length, len(tokens) - 1)
        self.slack = min(self.length, len(tokens) - self.length)  # the number of possible offsets
        self.windows = (len(tokens) - self.slack) // self.length
        self.batches_per_epoch = -(-self.windows // batch_size)
        self.epoch, self.index = 0, 0
        self._starts: Tensor | None = None

    def next(self) -> Batch:
        """The next batch: `tokens` int64 (batch, length + 1)."""
        if self.index == self.batches_per_epoch:
            self.epoch, self.index, self._starts = self.epoch + 1, 0, None
        if self._starts is None:
            self._starts = self._order()
        chosen = self._starts[self.index * self.batch_size : (self.index + 1) * self.batch_size]
        self.index += 1
        shard = shard_of(len(chosen), *self.share)
        if shard is not None:
            chosen = chosen[shard.first : shard.first + shard.size]
        windows = self.tokens[chosen[:, None] + torch.arange(self.length + 1)]
        batch = Batch(tokens=windows.to(self.device, non_blocking=True))
        batch.shard = shard
        return batch

    def _order(self) -> Tensor:
        """The first token of each window of an epoch, in order."""
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch))
        offset = int(torch.randint(self.slack, (1,), generator=generator))
        return offset + self.length * torch.randperm(self.windows, generator=generator)

    def position(self) -> dict[str, Any]:
        """The epoch and the batch within it."""
        return {"epoch": self.epoch, "index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Return to a saved position."""
        self.epoch, self.index, self._starts = position["epoch"], position["index"], None
