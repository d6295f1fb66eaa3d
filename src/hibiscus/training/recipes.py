"""Tuned settings as data: what `auto` stands for, by network. Each row says where it comes from.

Measured on the validation part of the data named, never on a test part; see docs/results.md for what they reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Recipe", "recipe_for"]


@dataclass(frozen=True)
class Recipe:
    """Optimiser settings that suit a family of networks.

    Args:
        networks: pattern of the network names that it is for.
        optimiser: which.
        rate: peak learning rate under the one-cycle schedule, batch 128.
        weight_decay: as in `Optimiser`.
        clip_norm: largest norm of the gradient; None for no limit.
        source: where the values come from.
    """

    networks: str
    optimiser: str
    rate: float
    weight_decay: float
    clip_norm: float | None
    source: str


RECIPES = (
    Recipe(r"resnet.*|densenet.*", "sgd", 0.2, 5e-4, None, "one-cycle SGD, peak from a sweep on the CIFAR-10 subset, ResNet-20"),
    Recipe(r"vgg.*", "sgd", 0.05, 5e-4, None, "Simonyan and Zisserman 2014 (0.01 without batch norm), raised for batch norm; not swept"),
    Recipe(r"cnn|ynetwork", "adamw", 4e-3, 0.01, None, "sweep on MNIST"),
    Recipe(r"lstm|gru", "adamw", 3e-3, 0.01, 1.0, "sweep on MNIST rows"),
    Recipe(r"rnn", "adamw", 1e-3, 0.01, 1.0, "sweep on MNIST rows"),
    Recipe(r".*", "adamw", 2e-3, 0.01, None, "sweep on MNIST, Adult and California housing with the MLP"),
)


def recipe_for(network: str) -> Recipe:
    """The first recipe whose pattern fits the network's name; the last fits all."""
    return next(recipe for recipe in RECIPES if re.fullmatch(recipe.networks, network))
