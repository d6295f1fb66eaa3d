r"""Encoders and decoders of autoencoders, plain or variational, for images of any size.

    mlp:  two hidden layers
    cnn:  strided convolutions and a hidden layer; in the decoder a hidden layer and transposed convolutions
    pool: batch norm, ReLU, convolution, max pooling; in the decoder transposed convolution, upsampling

The height and width are halved until they are at most 8, and the number of filters doubles at each halving.
Odd sizes are rounded up, and the decoder crops its output. The first convolution of `pool` reads the image
directly: a ReLU before it would make all pixels below the mean equal.

Reference: Kingma, Welling, "Auto-Encoding Variational Bayes", 2013, arXiv 1312.6114; Atienza, "Advanced Deep
Learning with TensorFlow 2 and Keras", 2020, listings 8.1.1 and 8.1.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hibiscus.networks.architecture import described
from hibiscus.networks.dcgan import halvings
from hibiscus.networks.input_shapes import choice
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import Flatten
from hibiscus.networks.mlp import build_mlp

__all__ = ["KINDS", "ConditionalDecoder", "ConditionalEncoder", "Crop", "build_decoder", "build_encoder"]

KINDS = ("cnn", "mlp", "pool")
MAX_FILTERS = 256


class Crop(nn.Module):
    """Crops feature maps at the bottom and the right.

    Args:
        height: of the result.
        width: of the result.

    Shapes:
        (batch, channels, height or more, width or more) to (batch, channels, height, width).
    """

    def __init__(self, height: int, width: int):
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        """The top left part."""
        return x[..., : self.height, : self.width]


class ConditionalEncoder(nn.Module):
    """An encoder conditioned on a class, which a linear layer maps to a further image channel (Atienza).

    Args:
        kind: `mlp` or `cnn`.
        shape: (channels, height, width) of an image.
        num_classes: number of classes.
        outputs: number of outputs.
        hidden: as in `build_encoder`.
        filters: as in `build_encoder`.

    Shapes:
        (batch, channels, height, width) and one-hot labels (batch, classes) to (batch, outputs).
    """

    def __init__(
        self,
        kind: str,
        shape: Sequence[int],
        num_classes: int,
        outputs: int,
        hidden: int = 512,
        filters: int = 32,
    ):
        super().__init__()
        channels, height, width = shape
        plane = nn.Linear(num_classes, height * width, bias=False)
        # A one-hot label selects one weight per pixel; weights below the pixel values have little effect.
        nn.init.normal_(plane.weight)
        self.plane = nn.Sequential(plane, nn.Unflatten(1, (1, height, width)))
        self.body = build_encoder(kind, (channels + 1, height, width), outputs, hidden, filters)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """The outputs for images and their one-hot labels."""
        return self.body(torch.cat([x, self.plane(label)], 1))


class ConditionalDecoder(nn.Module):
    """A decoder conditioned on a class, which scales and shifts the first two layers before their ReLU.

    A latent code can thus have a different meaning in each class. A label concatenated to the code has less
    effect.

    Args:
        kind: `mlp` or `cnn`.
        latent_dim: dimension of the latent code.
        num_classes: number of classes.
        shape: (channels, height, width) of an image.
        hidden: as in `build_encoder`.
        filters: as in `build_encoder`.

    Shapes:
        (batch, latent_dim) and one-hot labels (batch, classes) to (batch, channels, height, width).

    Reference: Perez, Strub, de Vries, Dumoulin, Courville, "FiLM", 2017, arXiv 1709.07871.
    """

    def __init__(
        self,
        kind: str,
        latent_dim: int,
        num_classes: int,
        shape: Sequence[int],
        hidden: int = 512,
        filters: int = 32,
    ):
        super().__init__()
        self.body = build_decoder(kind, latent_dim, shape, hidden, filters)
        widths = [layer.out_features for layer in self.body if isinstance(layer, nn.Linear)][:2]
        self.gates = nn.ModuleList(nn.Linear(num_classes, 2 * width, bias=False) for width in widths)
        for gate in self.gates:
            nn.init.normal_(gate.weight, std=0.5)  # pyright: ignore[reportArgumentType]

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        """The outputs for latent codes and one-hot labels."""
        gates = iter(self.gates)
        for layer in self.body:
            z = layer(z)
            gate = next(gates, None) if isinstance(layer, nn.Linear) else None
            if gate is not None:
                scale, shift = gate(label).chunk(2, dim=1)
                z = z * (1 + scale) + shift
        return z


@described("encoder")
def build_encoder(
    kind: str, shape: Sequence[int], outputs: int, hidden: int = 512, filters: int = 32
) -> nn.Sequential:
    """Builds an encoder, from images to vectors.

    Args:
        kind: `mlp`, `cnn` or `pool`.
        shape: (channels, height, width) of an image.
        outputs: dimension of the output.
        hidden: units per hidden layer: two layers in the mlp, one in the cnn, none in pool.
        filters: cnn and pool: filters of the first layer, doubled at each halving, up to 256.

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
            layers += [
                nn.Conv2d(channels, count, 3, 1, 1, bias=step == len(counts) - 1),
                nn.MaxPool2d(2, ceil_mode=True),
            ]
        channels, height, width = count, -(-height // 2), -(-width // 2)
    flat = channels * height * width
    # Also built for `pool`, which does not use it, so that a seed gives the same random numbers.
    hidden_layers = [nn.Linear(flat, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs)]
    layers += (
        [Flatten(), *hidden_layers] if kind == "cnn" else [nn.ReLU(), Flatten(), nn.Linear(flat, outputs)]
    )
    network = nn.Sequential(*layers)
    initialize(network, "glorot_uniform")
    return network


def build_decoder(
    kind: str, latent_dim: int, shape: Sequence[int], hidden: int = 512, filters: int = 32
) -> nn.Sequential:
    """Builds a decoder, from latent codes to images; the arguments are those of `build_encoder`.

    Shapes: (batch, latent_dim) to (batch, channels, height, width).
    """
    channels, height, width = shape
    if choice("net", kind, KINDS) == "mlp":
        return nn.Sequential(
            *build_mlp((latent_dim,), math.prod(shape), (hidden, hidden)), nn.Unflatten(1, tuple(shape))
        )
    counts = _filters(filters, height, width)
    side = (-(-height // 2 ** len(counts)), -(-width // 2 ** len(counts)))
    if kind == "pool":
        return _pool_decoder(latent_dim, counts, side, shape)
    layers: list[nn.Module] = [nn.Linear(latent_dim, hidden), nn.ReLU(inplace=True)]
    layers += [
        nn.Linear(hidden, counts[-1] * side[0] * side[1]),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (counts[-1], *side)),
    ]
    for before, after in zip(counts[:0:-1], counts[-2::-1], strict=True):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.ReLU(inplace=True)]
    network = nn.Sequential(*layers, nn.ConvTranspose2d(counts[0], channels, 4, 2, 1), Crop(height, width))
    initialize(network, "glorot_uniform")
    return network


def _pool_decoder(
    latent_dim: int, counts: list[int], side: tuple[int, int], shape: Sequence[int]
) -> nn.Sequential:
    """The decoder of `pool`: as many upsamplings as the encoder has poolings, and one more convolution."""
    layers: list[nn.Module] = [
        nn.Linear(latent_dim, counts[-1] * side[0] * side[1]),
        nn.Unflatten(1, (counts[-1], *side)),
    ]
    for before, after in zip(counts[::-1], [*counts[-2::-1], counts[0]], strict=True):
        layers += [
            *_norm(before),
            nn.ConvTranspose2d(before, after, 3, 1, 1, bias=False),
            nn.Upsample(scale_factor=2),
        ]
    network = nn.Sequential(
        *layers, *_norm(counts[0]), nn.ConvTranspose2d(counts[0], shape[0], 3, 1, 1), Crop(shape[1], shape[2])
    )
    initialize(network, "glorot_uniform")
    return network


def _norm(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]


def _filters(first: int, height: int, width: int) -> list[int]:
    """The number of filters at each resolution, from the highest to the lowest."""
    return [min(first * 2**step, max(first, MAX_FILTERS)) for step in range(halvings(height, width))]
