"""Shared by GANs with a class-conditional generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import generation
from hibiscus.methods.conditions import class_conditions
from hibiscus.methods.gan.base import GAN

__all__ = ["ConditionalGAN"]


class ConditionalGAN(GAN):
    """A GAN whose generator is conditioned on the `label` of each item of a batch."""

    needs = frozenset({"image", "label"})
    uses = frozenset()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers."""
        return self.preparation["label"].names

    def one_hot(self, label: Tensor) -> Tensor:
        """Class numbers `(items,)` as one-hot vectors `(items, classes)`."""
        return functional.one_hot(label, len(self.classes)).float()

    def random_labels(self, batch: Batch) -> Batch:
        """The batch with a uniformly random class as the `label` of each item."""
        return Batch(batch, label=(batch.uniform() * len(self.classes)).long())

    def generate(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image of each item's class, generated from noise and the one-hot class."""
        return (generator or self.generator)(torch.cat([self.noise(batch), self.one_hot(batch.label)], 1))

    def sample(
        self, count: int, label: str | int | None = None, *, interpolation: float | None = None
    ) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`, and the name of the class of each.

        Args:
            count: the number of images.
            label: the name or number of a class, where names take precedence; by default each class in turn.
            interpolation: position between two noise vectors, from 0 to 1; None for a single vector.

        Raises:
            UsageError: there is no such class.
        """
        numbers = class_conditions(label, count, self.classes)
        images = self.sample_images(count, interpolation, label=torch.from_numpy(numbers))
        return {"image": images, "label": np.array(self.classes)[numbers]}

    def sampler(self, data: PreparedData, part: str) -> generation.Sampler:
        """Generates images with the classes of a part's items, so that the two sets can be compared."""

        def sample(count: int) -> dict[str, Any]:
            numbers = data.values("label", part)[data.subsample(part, count)]
            images = self.sample_images(len(numbers), label=torch.from_numpy(numbers))
            return {"image": images, "condition": numbers}

        return sample
