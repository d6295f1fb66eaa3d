r"""Episodes: small classification tasks drawn from many classes, the batches of few-shot learning.

An episode holds `way` classes with `shot` support items and `queries` query items of each, laid out class by class:

    image[(c (shot + queries)) + i],    support for i < shot, query for the others,    c = 0 .. way - 1

Episode `b` of epoch `e` is drawn from (seed, e, b) alone, so the saved position is two numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batches import mix_seed
from hibiscus.data.images.augment import Augment
from hibiscus.errors import DataError

__all__ = ["EpisodePlan", "Episodes", "usable_classes"]


@dataclass(frozen=True)
class EpisodePlan:
    """What an episode holds.

    Args:
        way: classes.
        shot: support items of each class.
        queries: query items of each class.
        per_epoch: episodes that count as an epoch.
        turned: every class turned by 90, 180 and 270 degrees counts as three more classes; for square images.
    """

    way: int
    shot: int
    queries: int
    per_epoch: int = 100
    turned: bool = False

    @property
    def items(self) -> int:
        """Items of one class in an episode."""
        return self.shot + self.queries

    @property
    def turns(self) -> int:
        """How many classes each class counts as."""
        return 4 if self.turned else 1


def usable_classes(label: np.ndarray, plan: EpisodePlan, where: str) -> list[np.ndarray]:
    """The places of each class's items, for the classes that have enough of them.

    Args:
        label: class numbers `(items,)`.
        plan: what an episode needs.
        where: what the message calls the data.

    Raises:
        DataError: fewer such classes than an episode takes.
    """
    members = [np.flatnonzero(label == number) for number in np.unique(label)]
    enough = [places for places in members if len(places) >= plan.items]
    if len(enough) * plan.turns < plan.way:
        raise DataError(
            f"{where}: {len(members)} classes, {len(enough)} of them with {plan.items} items or more",
            f"{plan.way} such classes{' (a class turned counts four times)' if plan.turned else ''}",
            "fewer at a time (way or eval_way), fewer items of each (shot, queries), or more data",
        )
    return enough


class Episodes:
    """Endless episodes of images, each a pure function of (seed, epoch, index).

    Args:
        images: uint8 `(all items, height, width, channels)`.
        members: the items of each class, as indices into `images`.
        plan: what an episode holds.
        seed: of the draws and the augmentation.
        finisher: from raw tensors to a batch.
        augment: for the images, after a class is turned.
    """

    def __init__(
        self,
        images: Tensor,
        members: list[np.ndarray],
        plan: EpisodePlan,
        seed: int,
        finisher: Callable[..., Any],
        augment: Augment | None = None,
    ):
        self.images, self.plan, self.seed, self.finisher, self.augment = images, plan, seed, finisher, augment
        self.members = [torch.from_numpy(np.ascontiguousarray(items, np.int64)) for items in members]
        self.label = torch.arange(plan.way).repeat_interleave(plan.items)
        self.batches_per_epoch = plan.per_epoch
        self.epoch, self.index = 0, 0

    def next(self) -> Any:
        """The next episode: `image` `(way (shot + queries), channels, height, width)` and `label`, the class within the episode."""
        if self.index == self.batches_per_epoch:
            self.epoch, self.index = self.epoch + 1, 0
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch, self.index))
        drawn = torch.randperm(len(self.members) * self.plan.turns, generator=generator)[: self.plan.way]
        pixels = self.images.index_select(0, torch.cat([self._some(int(which), generator) for which in drawn // self.plan.turns]))
        pixels = self._turned(pixels, drawn % self.plan.turns)
        augment = self.augment
        active = augment is not None and augment.active
        self.index += 1
        return self.finisher({"image": pixels, "label": self.label}, (lambda x: augment(x, generator)) if augment and active else None)

    def _some(self, which: int, generator: torch.Generator) -> Tensor:
        """Support and query items of a class, all different."""
        own = self.members[which]
        return own[torch.randperm(len(own), generator=generator)[: self.plan.items]]

    def _turned(self, pixels: Tensor, turn: Tensor) -> Tensor:
        """Each class's images by its number of right angles."""
        if not turn.any():
            return pixels
        classes = pixels.view(self.plan.way, self.plan.items, *pixels.shape[1:])
        for angle in (1, 2, 3):
            chosen = (turn == angle).nonzero()[:, 0]
            classes[chosen] = classes[chosen].rot90(angle, (2, 3))
        return pixels

    def position(self) -> dict[str, Any]:
        """Epoch and episode."""
        return {"epoch": self.epoch, "index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Goes back to a saved position."""
        self.epoch, self.index = position["epoch"], position["index"]
