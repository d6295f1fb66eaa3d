"""Tuned optimizer settings for each type of network, used where an option is `auto`, with their sources.

docs/results.md lists the results obtained with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Recipe", "recipe_for"]


@dataclass(frozen=True)
class Recipe:
    """Optimizer settings for a family of networks.

    Args:
        networks: pattern of network names to which the recipe applies.
        optimizer: name of the optimizer.
        learning_rate: peak learning rate of the one-cycle schedule at a batch size of 128.
        weight_decay: as in `Optimizer`.
        clip_grad_norm: threshold of gradient clipping; None for no clipping.
        source: the origin of the values.
    """

    networks: str
    optimizer: str
    learning_rate: float
    weight_decay: float
    clip_grad_norm: float | None
    source: str

    def learning_rate_for(self, batch_size: int) -> float:
        """The learning rate: linear in the batch size for SGD (Goyal et al. 2017), constant for Adam."""
        return self.learning_rate * batch_size / 128 if self.optimizer == "sgd" else self.learning_rate


RECIPES = (
    Recipe(
        r"resnet(18|34|50|101|152)",
        "sgd",
        0.05,
        1e-4,
        None,
        "He et al. 2015, §3.4: learning rate 0.1 at a batch size of 256; not swept",
    ),
    Recipe(
        r"resnet.*|densenet.*",
        "sgd",
        0.2,
        5e-4,
        None,
        "best peak of a one-cycle schedule for ResNet-20 on 20,000 images of CIFAR-10",
    ),
    Recipe(
        r"vgg.*",
        "sgd",
        0.05,
        5e-4,
        None,
        "Simonyan and Zisserman 2014 (0.01 without batch norm), raised for batch norm; not swept",
    ),
    Recipe(
        r"cnn|ynetwork",
        "adamw",
        4e-3,
        0.01,
        None,
        "ours, with the MNIST result in docs/results.md; not swept",
    ),
    Recipe(
        r"realmlp",
        "adamw",
        4e-2,
        0.02,
        None,
        "Holzmüller et al. 2024, table A.1, for classification; for regression see `table_networks`",
    ),
    Recipe(
        r"sentence",
        "adamw",
        1e-3,
        1.0,
        None,
        "as for features of photos; weight decay 3 and half the rate: within 0.2 points on rt-polarity",
    ),
    Recipe(
        r"rocket",
        "adamw",
        1e-4,
        1.0,
        None,
        "as accurate as ridge regression in cross-validation on the training parts of GunPoint, "
        "ItalyPowerDemand and BasicMotions; 1e-3: 0.7 points less on ItalyPowerDemand",
    ),
    Recipe(
        r"inception-time",
        "adamw",
        1e-3,
        0.01,
        None,
        "Fawaz et al. 2019: Adam at 1e-3; not swept",
    ),
    Recipe(r"lstm|gru", "adamw", 3e-3, 0.01, 1.0, "tried on MNIST rows, one seed; not swept"),
    Recipe(r"rnn", "adamw", 1e-3, 0.01, 1.0, "tried on MNIST rows, one seed; not swept"),
    Recipe(
        r".*",
        "adamw",
        2e-3,
        0.01,
        None,
        "2e-3 beat 4e-3 and Adam at 1e-3 on the validation part of California housing, one seed",
    ),
)


def recipe_for(network: str) -> Recipe:
    """The first recipe whose pattern matches the network's name; the last one matches every name."""
    return next(recipe for recipe in RECIPES if re.fullmatch(recipe.networks, network))
