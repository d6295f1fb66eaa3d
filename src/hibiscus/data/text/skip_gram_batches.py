r"""A source of centers, their contexts and noise words, for skip-gram.

    keep(w) = min(1, sqrt(t / f_w)),    noise(w) ~ count_w^{0.75}

Frequent words are left out at random before the windows are taken, in each epoch anew; the width of a window
is drawn from 1 to `window`, so that near words count more. Windows do not cross the end of a text.

Reference: Mikolov et al., 2013, arXiv 1310.4546, sections 2.2 and 2.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.batches import mix_seed
from hibiscus.errors import DataError
from hibiscus.sharding import shard_of
from hibiscus.tokens import END, SPECIAL

__all__ = ["NOISE_POWER", "SkipGramBatches", "noise_distribution"]

NOISE_POWER = 0.75


def noise_distribution(counts: np.ndarray) -> np.ndarray:
    """The probability of each token as a noise word; the special ones have none.

    Args:
        counts: how often each token occurs, (vocabulary,).
    """
    weights = np.asarray(counts, np.float64) ** NOISE_POWER
    weights[: len(SPECIAL)] = 0
    return weights / max(weights.sum(), 1e-300)


class SkipGramBatches:
    """Endless batches of `center` (batch,), `context` (batch, 2 window), 0 where there is none, and `noise`
    (batch, noise words).

    All that is drawn depends on (seed, epoch, batch) only, so the saved position is two numbers.

    Args:
        tokens: token numbers (tokens,), with `END` between texts; special tokens are left out.
        counts: how often each token occurs in the training part.
        batch_size: centers in a batch.
        seed: of everything that is drawn.
        window: the largest distance of a context.
        noise: noise words for each center.
        subsample: t; 0 keeps all words.
        device: of the batches.
        share: `(this process, processes)`.

    Raises:
        DataError: there are not two words beside each other.
    """

    def __init__(
        self,
        tokens: np.ndarray,
        counts: np.ndarray,
        batch_size: int,
        seed: int,
        window: int = 5,
        noise: int = 20,
        subsample: float = 1e-3,
        device: torch.device | None = None,
        share: tuple[int, int] = (0, 1),
    ):
        inside = tokens >= len(SPECIAL)
        self.words, self.text = tokens[inside].astype(np.int64), np.cumsum(tokens == END)[inside]
        if (np.bincount(self.text, minlength=1) < 2).all():
            raise DataError("no text of two words of the vocabulary", "texts", "check the column")
        frequency = np.asarray(counts, np.float64) / max(1, np.sum(counts))
        with np.errstate(divide="ignore"):
            self.keep = np.minimum(1, np.sqrt(subsample / frequency)) if subsample else np.ones(len(counts))
        self.cumulative = torch.from_numpy(noise_distribution(counts).cumsum())
        self.batch_size, self.seed, self.window, self.noise = batch_size, seed, window, noise
        self.device, self.share = device, share
        expected = float(self.keep[self.words].sum())
        self.batches_per_epoch = max(1, int(expected) // batch_size)
        self.epoch, self.index = 0, 0
        self._drawn: tuple[Tensor, Tensor, Tensor] | None = None

    def next(self) -> Batch:
        """The next batch."""
        if self.index == self.batches_per_epoch:
            self.epoch, self.index, self._drawn = self.epoch + 1, 0, None
        words, text, order = self._drawn = self._drawn or self._draw()
        # Exactly `batches_per_epoch` batches, whatever the number of words that were kept.
        first = self.index * len(order) // self.batches_per_epoch
        stop = (self.index + 1) * len(order) // self.batches_per_epoch
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch, self.index, 2))
        positions = order[first:stop]
        batch = self._batch(words, text, positions, generator)
        self.index += 1
        shard = shard_of(len(positions), *self.share)
        if shard is not None:
            batch = {name: values[shard.first : shard.first + shard.size] for name, values in batch.items()}
        result = Batch({name: values.to(self.device) for name, values in batch.items()})
        result.shard = shard
        return result

    def _draw(self) -> tuple[Tensor, Tensor, Tensor]:
        """The words of an epoch with their texts, and the order of the centers."""
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch))
        chance = torch.rand(len(self.words), generator=generator).numpy()
        kept = chance < self.keep[self.words]
        if kept.sum() < 2:
            kept[:] = True
        words, text = torch.from_numpy(self.words[kept]), torch.from_numpy(self.text[kept])
        return words, text, torch.randperm(len(words), generator=generator)

    def _batch(
        self, words: Tensor, text: Tensor, positions: Tensor, generator: torch.Generator
    ) -> dict[str, Tensor]:
        size = len(positions)
        width = torch.randint(1, self.window + 1, (size, 1), generator=generator)
        offsets = torch.cat([torch.arange(-self.window, 0), torch.arange(1, self.window + 1)])
        places = positions[:, None] + offsets
        inside = places.clamp(0, len(words) - 1)
        valid = (places == inside) & (offsets.abs() <= width) & (text[inside] == text[positions][:, None])
        drawn = torch.rand(size, self.noise, generator=generator, dtype=torch.float64)
        noise = torch.searchsorted(self.cumulative, drawn).clamp(max=len(self.cumulative) - 1)
        return {"center": words[positions], "context": words[inside] * valid, "noise": noise}

    def position(self) -> dict[str, Any]:
        """The epoch and the batch within it."""
        return {"epoch": self.epoch, "index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Return to a saved position."""
        self.epoch, self.index, self._drawn = position["epoch"], position["index"], None
