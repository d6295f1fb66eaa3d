r"""Episodes: small classification tasks sampled from many classes, the batches of few-shot learning.

An episode holds `way` classes with `shot` support items and `queries` query items each, ordered by class:

    image[c (shot + queries) + i],    support for i < shot, query otherwise,    c = 0 .. way - 1

Episode `b` of epoch `e` depends only on (seed, e, b), so the saved position is two numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Augmentation
from hibiscus.data.batches import mix_seed
from hibiscus.errors import DataError

__all__ = ["EpisodePlan", "Episodes", "usable_classes"]


@dataclass(frozen=True)
class EpisodePlan:
    """The composition of an episode.

    Args:
        way: the number of classes.
        shot: the number of support items of each class.
        queries: the number of query items of each class.
        per_epoch: the number of episodes that count as an epoch.
        turned: each class rotated by 90, 180 and 270 degrees counts as three further classes; for square
            images.
    """

    way: int
    shot: int
    queries: int
    per_epoch: int = 100
    turned: bool = False

    @property
    def items(self) -> int:
        """The number of items of one class in an episode."""
        return self.shot + self.queries

    @property
    def turns(self) -> int:
        """The number of classes that each class counts as."""
        return 4 if self.turned else 1


def usable_classes(label: np.ndarray, plan: EpisodePlan, where: str) -> list[np.ndarray]:
    """The positions of each class's items, for the classes that have enough items.

    Args:
        label: class numbers `(items,)`.
        plan: the composition of an episode.
        where: the name of the data in error messages.

    Raises:
        DataError: there are fewer such classes than an episode takes.
    """
    members = [np.flatnonzero(label == number) for number in np.unique(label)]
    enough = [positions for positions in members if len(positions) >= plan.items]
    if len(enough) * plan.turns < plan.way:
        raise DataError(
            f"{where}: {len(members)} classes, {len(enough)} of which have at least {plan.items} items",
            f"{plan.way} such classes{' (rotations count as further classes)' if plan.turned else ''}",
            "fewer classes (way or eval_way), fewer items per class (shot, queries), or more data",
        )
    return enough


class Episodes:
    """Endless episodes of images, each a pure function of (seed, epoch, index).

    Args:
        images: uint8 `(all items, height, width, channels)`.
        members: the items of each class, as indices into `images`.
        plan: the composition of an episode.
        seed: determines the sampling and the augmentation.
        build_batch: converts raw tensors to a batch.
        augment: applied to the images after a class is rotated.
    """

    def __init__(
        self,
        images: Tensor,
        members: list[np.ndarray],
        plan: EpisodePlan,
        seed: int,
        build_batch: Callable[..., Any],
        augment: Augmentation | None = None,
    ):
        self.images, self.plan, self.seed = images, plan, seed
        self.build_batch, self.augment = build_batch, augment
        self.members = [torch.from_numpy(np.ascontiguousarray(items, np.int64)) for items in members]
        self.label = torch.arange(plan.way).repeat_interleave(plan.items)
        self.batches_per_epoch = plan.per_epoch
        self.epoch, self.index = 0, 0

    def next(self) -> Any:
        """The next episode.

        Returns:
            `image` `(way (shot + queries), channels, height, width)`, and `label`, the class within the
            episode.
        """
        if self.index == self.batches_per_epoch:
            self.epoch, self.index = self.epoch + 1, 0
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch, self.index))
        drawn = torch.randperm(len(self.members) * self.plan.turns, generator=generator)[: self.plan.way]
        items = [self._sample(int(member), generator) for member in drawn // self.plan.turns]
        pixels = self.images.index_select(0, torch.cat(items))
        pixels = self._turned(pixels, drawn % self.plan.turns)
        augment = self.augment
        active = augment is not None and augment.active
        self.index += 1
        change = (lambda x: augment(x, generator)) if augment and active else None
        return self.build_batch({"image": pixels, "label": self.label}, change)

    def _sample(self, member: int, generator: torch.Generator) -> Tensor:
        """Distinct support and query items of a class."""
        items = self.members[member]
        return items[torch.randperm(len(items), generator=generator)[: self.plan.items]]

    def _turned(self, pixels: Tensor, turn: Tensor) -> Tensor:
        """The images of each class, rotated by its number of right angles."""
        if not turn.any():
            return pixels
        classes = pixels.view(self.plan.way, self.plan.items, *pixels.shape[1:])
        for angle in (1, 2, 3):
            chosen = (turn == angle).nonzero()[:, 0]
            classes[chosen] = classes[chosen].rot90(angle, (2, 3))
        return pixels

    def position(self) -> dict[str, Any]:
        """The epoch and the episode within it."""
        return {"epoch": self.epoch, "index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Return to a saved position."""
        self.epoch, self.index = position["epoch"], position["index"]
