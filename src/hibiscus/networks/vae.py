r"""The two networks of an autoencoder, plain or variational: images to numbers, and codes to images of any size.

    mlp: two hidden layers each way;    cnn: strided convolutions and a hidden layer, and the same backwards
    pool: batch norm, ReLU, convolution, max pooling;    and back: batch norm, ReLU, transposed convolution, upsampling

The side is halved until it is at most 8, and filters double where it halves. Sides that do not divide are made one larger on
the way back and cut off at the end. The first convolution of `pool` reads the image as it is: a ReLU before it would make all
pixels below the mean alike.

Reference: Kingma, Welling, "Auto-Encoding Variational Bayes", 2013, arXiv 1312.6114; Atienza, "Advanced Deep Learning with
TensorFlow 2 and Keras", 2020, listings 8.1.1 and 8.1.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hibiscus.networks.dcgan import halvings
from hibiscus.networks.input_shapes import choice
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import Flatten
from hibiscus.networks.mlp import build_mlp

__all__ = ["KINDS", "ConditionalDecoder", "ConditionalEncoder", "Cut", "build_decoder", "build_encoder"]

KINDS = ("cnn", "mlp", "pool")
MOST_FILTERS = 256


class Cut(nn.Module):
    """Cuts maps off at the bottom and right.

    Args:
        height: what is left of it.
        width: what is left of it.

    Shapes:
        (batch, channels, height or more, width or more) to (batch, channels, height, width).
    """

    def __init__(self, height: int, width: int):
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        """The part at the top left."""
        return x[..., : self.height, : self.width]


class ConditionalEncoder(nn.Module):
    """An encoder that is told a class: it becomes one more channel of the image, by a linear layer (Atienza's listing 8.2.1).

    Args:
        kind: `mlp` or `cnn`.
        shape: (channels, height, width) of an image.
        classes: how many there are.
        outputs: numbers out.
        hidden: as in `build_encoder`.
        filters: as in `build_encoder`.

    Shapes:
        (batch, channels, height, width) and one-hot labels (batch, classes) to (batch, outputs).
    """

    def __init__(self, kind: str, shape: Sequence[int], classes: int, outputs: int, hidden: int = 512, filters: int = 32):
        super().__init__()
        channels, height, width = shape
        plane = nn.Linear(classes, height * width, bias=False)
        # A one-hot label picks one weight for each pixel: as large as an image's values, or the label is hardly heard beside them.
        nn.init.normal_(plane.weight)
        self.plane = nn.Sequential(plane, nn.Unflatten(1, (1, height, width)))
        self.body = build_encoder(kind, (channels + 1, height, width), outputs, hidden, filters)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """The numbers of each image, told its class."""
        return self.body(torch.cat([x, self.plane(label)], 1))


class ConditionalDecoder(nn.Module):
    """A decoder that is told a class, which scales and shifts the units of its first two layers before they are rectified.

    So the same code can mean what suits each class; beside the code alone, as more numbers of it, the label is heard less.

    Args:
        kind: `mlp` or `cnn`.
        latent: numbers of a code.
        classes: how many there are.
        shape: (channels, height, width) of an image.
        hidden: as in `build_encoder`.
        filters: as in `build_encoder`.

    Shapes:
        (batch, latent) and one-hot labels (batch, classes) to (batch, channels, height, width).

    Reference: Perez, Strub, de Vries, Dumoulin, Courville, "FiLM", 2017, arXiv 1709.07871.
    """

    def __init__(self, kind: str, latent: int, classes: int, shape: Sequence[int], hidden: int = 512, filters: int = 32):
        super().__init__()
        self.body = build_decoder(kind, latent, shape, hidden, filters)
        widths = [layer.out_features for layer in self.body if isinstance(layer, nn.Linear)][:2]
        self.gates = nn.ModuleList(nn.Linear(classes, 2 * width, bias=False) for width in widths)
        for gate in self.gates:
            nn.init.normal_(gate.weight, std=0.5)  # pyright: ignore[reportArgumentType]

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        """The numbers of each code in its class."""
        gates = iter(self.gates)
        for layer in self.body:
            z = layer(z)
            gate = next(gates, None) if isinstance(layer, nn.Linear) else None
            if gate is not None:
                scale, shift = gate(label).chunk(2, dim=1)
                z = z * (1 + scale) + shift
        return z


def build_encoder(kind: str, shape: Sequence[int], outputs: int, hidden: int = 512, filters: int = 32) -> nn.Sequential:
    """From images to numbers.

    Args:
        kind: `mlp`, `cnn` or `pool`.
        shape: (channels, height, width) of an image.
        outputs: numbers out.
        hidden: units of a hidden layer: two of them in the mlp, one in the cnn, none in pool.
        filters: cnn and pool: of the first layer; doubled at each halving, up to 256.

    Shapes: (batch, channels, height, width) to (batch, outputs).
    """
    if choice("net", kind, KINDS) == "mlp":
        return build_mlp(tuple(shape), outputs, (hidden, hidden))
    channels, height, width = shape
    layers: list[nn.Module] = []
    counts = _filters(filters, height, width)
    for step, count in enumerate(counts):
        if kind == "cnn":
            layers += [nn.Conv2d(channels, count, 3, 2, 1), nn.ReLU(inplace=True)]
        else:
            layers += _norm(channels) if step else []
            layers += [nn.Conv2d(channels, count, 3, 1, 1, bias=step == len(counts) - 1), nn.MaxPool2d(2, ceil_mode=True)]
        channels, height, width = count, -(-height // 2), -(-width // 2)
    inner = [nn.Linear(channels * height * width, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs)]
    layers += [Flatten(), *inner] if kind == "cnn" else [nn.ReLU(), Flatten(), nn.Linear(channels * height * width, outputs)]
    network = nn.Sequential(*layers)
    initialize(network, "glorot_uniform")
    return network


def build_decoder(kind: str, latent: int, shape: Sequence[int], hidden: int = 512, filters: int = 32) -> nn.Sequential:
    """From codes to one number for each value of an image; arguments as `build_encoder`.

    Shapes: (batch, latent) to (batch, channels, height, width).
    """
    channels, height, width = shape
    if choice("net", kind, KINDS) == "mlp":
        return nn.Sequential(*build_mlp((latent,), math.prod(shape), (hidden, hidden)), nn.Unflatten(1, tuple(shape)))
    counts = _filters(filters, height, width)
    side = (-(-height // 2 ** len(counts)), -(-width // 2 ** len(counts)))
    if kind == "pool":
        return _pool_decoder(latent, counts, side, shape)
    layers: list[nn.Module] = [nn.Linear(latent, hidden), nn.ReLU(inplace=True)]
    layers += [nn.Linear(hidden, counts[-1] * side[0] * side[1]), nn.ReLU(inplace=True), nn.Unflatten(1, (counts[-1], *side))]
    for before, after in zip(counts[:0:-1], counts[-2::-1], strict=True):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.ReLU(inplace=True)]
    network = nn.Sequential(*layers, nn.ConvTranspose2d(counts[0], channels, 4, 2, 1), Cut(height, width))
    initialize(network, "glorot_uniform")
    return network


def _pool_decoder(latent: int, counts: list[int], side: tuple[int, int], shape: Sequence[int]) -> nn.Sequential:
    """The way back of `pool`: as many upsamplings as there were poolings, and one convolution more."""
    layers: list[nn.Module] = [nn.Linear(latent, counts[-1] * side[0] * side[1]), nn.Unflatten(1, (counts[-1], *side))]
    for before, after in zip(counts[::-1], [*counts[-2::-1], counts[0]], strict=True):
        layers += [*_norm(before), nn.ConvTranspose2d(before, after, 3, 1, 1, bias=False), nn.Upsample(scale_factor=2)]
    network = nn.Sequential(*layers, *_norm(counts[0]), nn.ConvTranspose2d(counts[0], shape[0], 3, 1, 1), Cut(shape[1], shape[2]))
    initialize(network, "glorot_uniform")
    return network


def _norm(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]


def _filters(first: int, height: int, width: int) -> list[int]:
    """The filters of each layer, from the largest maps to the smallest."""
    return [min(first * 2**step, max(first, MOST_FILTERS)) for step in range(halvings(height, width))]
