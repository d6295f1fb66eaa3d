"""What GANs share that are told which class an image shall show."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import generation as evidence
from hibiscus.methods.gan.base import LabelledGame
from hibiscus.methods.sampling import class_number

__all__ = ["AskedGame"]


class AskedGame(LabelledGame):
    """A game whose generator is asked for images of a class; its batches hold what is asked for as `label`."""

    needs = frozenset({"image", "label"})
    uses = frozenset()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers."""
        return self.preparation["label"].names

    def one_hot(self, label: Tensor) -> Tensor:
        """Class numbers `(items,)` as rows with a 1 at the class."""
        return functional.one_hot(label, len(self.classes)).float()

    def ask(self, batch: Batch) -> Batch:
        """The batch with a class for each item, drawn at random, in place of its own."""
        asked = Batch(batch, label=(batch.uniform() * len(self.classes)).long())
        asked.share = batch.share
        return asked

    def make(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image of each class that the batch asks for: the class stands beside the noise."""
        return (generator or self.nets["generator"])(torch.cat([self.noise(batch), self.one_hot(batch.label)], 1))

    def sample(self, count: int, label: str | int | None = None) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`, and the name of each one's class.

        Args:
            count: how many.
            label: the name or the number of a class, the name first where it is both; every class in turn if it is not given.

        Raises:
            UsageError: there is no such class.
        """
        turns = np.arange(count) % len(self.classes)
        asked = turns if label is None else np.full(count, class_number(label, self.classes))
        return {"image": self.draw(count, label=torch.from_numpy(asked)), "label": np.array(self.classes)[asked]}

    def sampler(self, data: PreparedData, part: str) -> evidence.Sampler:
        """Makes images of the classes that a part's own are of, so that the two may be compared."""

        def sampler(count: int) -> dict[str, Any]:
            asked = data.values("label", part)[data.subsample(part, count)]
            return {"image": self.draw(len(asked), label=torch.from_numpy(asked)), "asked": asked}

        return sampler
