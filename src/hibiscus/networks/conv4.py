r"""Conv-4: four blocks of convolution, batch norm, ReLU and max pooling, the small encoder that few-shot papers compare on.

    H = Conv3x3(64) - MaxPool2 - BN - ReLU;    conv4: H H H H, 28x28 images to 64 numbers

An image of 28x28 shrinks to one position with 64 numbers, its embedding; of 84x84 to 5x5 positions, 1600 numbers.

Reference: Vinyals et al., "Matching Networks for One Shot Learning", 2016, arXiv 1606.04080, section 4.1.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from hibiscus.networks.input_shapes import check_outputs, image, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import Flatten

__all__ = ["build_conv4"]


def build_conv4(input_shape: Any, outputs: int, filters: int = 64, blocks: int = 4, linear: bool = True) -> nn.Sequential:
    """The blocks, and a linear layer on them.

    Args:
        input_shape: (channels, height, width), at least 4x4 pixels.
        outputs: numbers out of the linear layer.
        filters: of every block.
        blocks: how many.
        linear: whether there is a linear layer; without one the network returns its features, whatever `outputs` is.

    Shapes: (batch, channels, height, width) to (batch, outputs), or without the linear layer to (batch, features).

    Raises:
        ConfigError: no image, or one below 4x4 pixels.

    Departs: pooling stands before batch norm and ReLU, which saves three quarters of their work; a map of one pixel is
        not pooled further.
    """
    channels, height, width = image("conv4", input_shape, 4)
    layers: list[nn.Module] = []
    for _ in range(whole("blocks", blocks)):
        layers.append(nn.Conv2d(channels, whole("filters", filters), 3, padding=1, bias=False))
        if min(height, width) >= 2:
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
        layers += [nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        channels = filters
    layers.append(Flatten())
    if linear:
        layers.append(nn.Linear(filters * height * width, check_outputs(outputs)))
    network = nn.Sequential(*layers)
    initialize(network, "he_normal")
    return network
