r"""The Y-network: two or more branches whose features are merged before the head.

    concat: $[l; r]$;    add: $l + r$;    multiply: $l \odot r$;
    dot: $\frac{1}{\sqrt{P}} \sum_{p=1}^{P} l_{cp} r_{cp}$ for each channel $c$

For one image it has two branches that differ in dilation (1 and 2): the receptive field of the second is
almost twice as wide at the same cost, so that they learn different features. For several inputs, such as an
image and a table, it has one branch each.

Reference: Atienza, "Advanced Deep Learning with TensorFlow 2 and Keras", 2020, listing 2.1.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.cnn import convolution
from hibiscus.networks.dropout import Dropout
from hibiscus.networks.input_shapes import (
    check_outputs,
    choice,
    counts,
    describe,
    fraction,
    image,
    pair,
    shapes_of,
    whole,
)
from hibiscus.networks.layers import activation as make_activation
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import AveragePool, Flatten
from hibiscus.networks.mlp import hidden_layers
from hibiscus.networks.recurrent_layers import Rows, VariationalLayer
from hibiscus.tokens import TokenShape

__all__ = ["MERGES", "YNetwork", "build_ynetwork", "merge_branches"]

MERGES = ("add", "concat", "dot", "multiply")
POSITIONS = 8
LARGEST_SIDE = 4


def build_ynetwork(
    input_shape: Any,
    outputs: int,
    merge: str = "concat",
    filters: Sequence[int] = (32, 64, 128),
    kernel: int | Sequence[int] = 3,
    dilations: Sequence[int] = (1, 2),
    units: int = 128,
    activation: str = "relu",
    dropout: float = 0.4,
) -> YNetwork:
    """Branches with different dilations for one image, or one branch for each of several inputs, merged
    before a linear head.

    Args:
        input_shape: one image (channels, height, width) of at least 8x8 pixels, or a tuple of shapes: images
            have a convolutional branch, tables hidden layers, sequences an LSTM.
        outputs: number of outputs.
        merge: `concat`, `add`, `multiply` or `dot`; dot needs two branches.
        filters: filters of each block of an image branch; each block halves the map.
        kernel: kernel size: one number, or height and width.
        dilations: dilation of each branch for a single image.
        units: features of each branch for several inputs; a multiple of 8.
        activation: name in `layers.ACTIVATIONS`.
        dropout: dropout rate in each block and before the head.

    Shapes: (batch, channels, height, width), or one tensor per input in order, to (batch, outputs).

    Differences from the book: max pooling precedes activation and dropout, which then need a quarter of the
        computation; maps larger than 4x4 are averaged to 4x4, which limits the size of the head; with `dot`
        the sum is divided by the square root of the number of positions, so that its variance does not grow
        with the image size.
    """
    shapes = shapes_of(input_shape)
    choice("merge", merge, MERGES)
    fraction("dropout", dropout)
    rows, sides = counts("filters", filters), pair("kernel", kernel)
    if len(shapes) == 1:
        shape = image("ynetwork", shapes[0], 8)
        rates = counts("dilations", dilations)
        branches = [image_branch(shape, rows, sides, rate, activation, dropout) for rate in rates]
    else:
        if whole("units", units) % POSITIONS:
            raise ConfigError(f"units={units}", f"a multiple of {POSITIONS}", "for example units=128")
        branches = [input_branch(shape, rows, sides, units, activation, dropout) for shape in shapes]
    if len(branches) < 2 or (merge == "dot" and len(branches) > 2):
        raise ConfigError(
            f"merge={merge} with {len(branches)} branch{'es' if len(branches) > 1 else ''}",
            "two branches for dot, two or more for the others",
            "use merge=concat, or dilations=[1,2]",
        )
    network = YNetwork(branches, shapes, merge, check_outputs(outputs), dropout)
    initialize(network, "glorot_uniform")
    return network


class YNetwork(nn.Module):
    """Branches that return (batch, channels, positions), merged, flattened and passed to a linear head."""

    def __init__(
        self,
        branches: list[nn.Sequential],
        shapes: list[tuple[int, ...]],
        merge: str,
        outputs: int,
        dropout: float,
    ):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.shared = len(shapes) == 1
        self.merge = merge
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(self._features(shapes), outputs)

    def _features(self, shapes: list[tuple[int, ...]]) -> int:
        training = self.training
        self.eval()
        with torch.no_grad():
            features = self.merged(*[torch.zeros(1, *shape) for shape in shapes]).shape[1]
        self.train(training)
        return features

    def merged(self, *inputs: Tensor) -> Tensor:
        """The merged features: (batch, features)."""
        parts = inputs * len(self.branches) if self.shared else inputs
        if len(parts) != len(self.branches):
            raise ConfigError(
                f"{len(inputs)} inputs", f"{len(self.branches)} inputs, one per branch", "pass them in order"
            )
        return merge_branches([branch(x) for branch, x in zip(self.branches, parts, strict=True)], self.merge)

    def forward(self, *inputs: Tensor) -> Tensor:
        """One tensor per input, in order; returns (batch, outputs)."""
        return self.head(self.dropout(self.merged(*inputs)))


def merge_branches(parts: list[Tensor], merge: str) -> Tensor:
    """Merges maps of equal shape into one vector for each item.

    Shapes: each part (batch, channels, positions); concat gives (batch, parts * channels * positions), add
        and multiply (batch, channels * positions), dot (batch, channels).
    """
    if merge == "concat":
        return torch.cat(parts, dim=1).flatten(1)
    if merge == "add":
        return reduce(torch.add, parts).flatten(1)
    product = reduce(torch.mul, parts)  # (batch, channels, positions)
    return product.flatten(1) if merge == "multiply" else product.sum(2) / product.shape[2] ** 0.5


def image_branch(
    shape: tuple[int, int, int],
    filters: Sequence[int],
    kernel: tuple[int, int],
    dilation: int,
    activation: str,
    dropout: float,
) -> nn.Sequential:
    """Convolution, max pooling, activation and dropout per block: images to (batch, filters, positions)."""
    channels, *size = shape
    layers: list[nn.Module] = []
    for width in filters:
        layers += convolution(channels, width, kernel, dilation=(dilation, dilation))
        if min(size) >= 2:
            layers.append(nn.MaxPool2d(2))
            size = [side // 2 for side in size]
        layers.append(make_activation(activation))
        layers += [Dropout(dropout)] if dropout else []
        channels = width
    if max(size) > LARGEST_SIDE:
        layers.append(AveragePool((min(size[0], LARGEST_SIDE), min(size[1], LARGEST_SIDE))))
    return nn.Sequential(*layers, Flatten(2))


def input_branch(
    shape: tuple[int, ...],
    filters: Sequence[int],
    kernel: tuple[int, int],
    units: int,
    activation: str,
    dropout: float,
) -> nn.Sequential:
    """A branch for one of several inputs, ending in `units` values as (batch, units / 8, 8)."""
    if len(shape) == 3:
        body = image_branch(image("ynetwork", shape, 8), filters, kernel, 1, activation, dropout)
        with torch.no_grad():
            wide = body.eval()(torch.zeros(1, *shape)).numel()
        layers = [*body.train(), Flatten(), nn.Linear(wide, units), make_activation(activation)]
    elif len(shape) == 2 and not isinstance(shape, TokenShape):
        layers = [
            VariationalLayer("lstm", shape[1], units),
            Rows(),
            nn.Linear(units, units),
            make_activation(activation),
        ]
    elif len(shape) == 1:
        layers = hidden_layers(shape[0], (units, units), activation, 0.0, batch_norm=False)
    else:
        raise ConfigError(
            f"ynetwork was given {describe(shape)}", "images, tables or sequences", "reshape the input"
        )
    return nn.Sequential(*layers, nn.Unflatten(1, (-1, POSITIONS)))
