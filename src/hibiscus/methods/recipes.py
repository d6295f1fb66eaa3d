"""Tuned settings as data: what `auto` stands for, by network. Each row says where it comes from.

See docs/results.md for what they reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Recipe", "recipe_for"]


@dataclass(frozen=True)
class Recipe:
    """Optimizer settings that suit a family of networks.

    Args:
        networks: pattern of the network names that it is for.
        optimizer: which.
        rate: peak learning rate under the one-cycle schedule, batch 128.
        weight_decay: as in `Optimizer`.
        clip_grad_norm: largest norm of the gradient; None for no limit.
        source: where the values come from.
    """

    networks: str
    optimizer: str
    rate: float
    weight_decay: float
    clip_grad_norm: float | None
    source: str

    def rate_for(self, batch_size: int) -> float:
        """The rate for a batch size; for SGD in proportion to it (Goyal et al. 2017, arXiv 1706.02677), Adam's stays."""
        return self.rate * batch_size / 128 if self.optimizer == "sgd" else self.rate


RECIPES = (
    Recipe(r"resnet.*|densenet.*", "sgd", 0.2, 5e-4, None, "peak of a plain one-cycle loop for ResNet-20 on 20,000 images of CIFAR-10"),
    Recipe(r"vgg.*", "sgd", 0.05, 5e-4, None, "Simonyan and Zisserman 2014 (0.01 without batch norm), raised for batch norm; not swept"),
    Recipe(r"cnn|ynetwork", "adamw", 4e-3, 0.01, None, "ours, reaches what docs/results.md says on MNIST; not swept"),
    Recipe(r"lstm|gru", "adamw", 3e-3, 0.01, 1.0, "tried on MNIST rows, one seed; not swept"),
    Recipe(r"rnn", "adamw", 1e-3, 0.01, 1.0, "tried on MNIST rows, one seed; not swept"),
    Recipe(r".*", "adamw", 2e-3, 0.01, None, "2e-3 beat 4e-3 and Adam at 1e-3 on the validation part of California housing, one seed"),
)


def recipe_for(network: str) -> Recipe:
    """The first recipe whose pattern fits the network's name; the last fits all."""
    return next(recipe for recipe in RECIPES if re.fullmatch(recipe.networks, network))
