r"""Conv-4: four blocks of convolution, batch norm, ReLU and max pooling, the small encoder used for
comparison in few-shot papers.

    H = Conv3x3(64) - MaxPool2 - BN - ReLU;    conv4: H H H H, 28x28 images to 64 features

The embedding of a 28x28 image is a single position with 64 features; that of an 84x84 image has 5x5 positions
and 1600 features.

Reference: Vinyals et al., "Matching Networks for One Shot Learning", 2016, arXiv 1606.04080, section 4.1.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from hibiscus.networks.input_shapes import check_outputs, image, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import Flatten

__all__ = ["build_conv4"]


def build_conv4(
    input_shape: Any, outputs: int, filters: int = 64, blocks: int = 4, linear: bool = True
) -> nn.Sequential:
    """The blocks, followed by a linear layer.

    Args:
        input_shape: (channels, height, width), at least 4x4 pixels.
        outputs: number of outputs of the linear layer.
        filters: filters of every block.
        blocks: number of blocks.
        linear: whether there is a linear layer; without one the network returns its features and ignores
            `outputs`.

    Shapes: (batch, channels, height, width) to (batch, outputs), or without the linear layer to (batch,
        features).

    Raises:
        ConfigError: the input is not an image of at least 4x4 pixels.

    Differences from the paper: pooling precedes batch norm and ReLU, which saves three quarters of their
        computation; maps of one pixel are not pooled further.
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
