r"""DenseNet-BC: each layer takes the concatenated maps of all layers before it in its block.

    $x_{l+1} = [x_l; H(x_l)]$,  H = BN-ReLU-Conv1(4k)-BN-ReLU-Conv3(k)
    transition = BN-ReLU-Conv1(half)-AvgPool2

Features are reused instead of relearned, so few parameters suffice (0.77 million for depth 100 and growth k =
12), but computation and memory per parameter are high. There are three blocks of (depth - 4) / 6 bottlenecks,
with no transition after the last.

Reference: Huang et al., "Densely connected convolutional networks", 2016, arXiv 1608.06993, §3 and table 2.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.networks.dropout import Dropout, dropout
from hibiscus.networks.input_shapes import check_outputs, fraction, image, legal_depth, whole
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import AveragePool, Flatten
from hibiscus.networks.resnet import stem_layers, stem_of

__all__ = ["Bottleneck", "build_densenet"]


def build_densenet(
    input_shape: Any,
    outputs: int,
    depth: int = 100,
    growth: int = 12,
    dropout: float = 0.0,
    stem: str = "auto",
) -> nn.Sequential:
    """Three dense blocks, global average pooling and one linear layer.

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels.
        outputs: number of outputs.
        depth: number of layers with weights, 6n+4 (40, 100, 190, 250).
        growth: k, the number of maps that each bottleneck adds.
        dropout: dropout rate after each convolution but the first; 0.2 in the paper without augmentation.
        stem: `plain` (3x3 convolution), `imagenet` (7x7 convolution and max pooling, each with stride 2), or
            `auto`: imagenet for images with a side above 64 pixels.

    Shapes: (batch, channels, height, width) to (batch, outputs).

    Raises:
        ConfigError: a depth that is not 6n+4; the message names the two nearest.
    """
    name = f"densenet-bc-{depth}-{whole('growth', growth)}"
    n = legal_depth(name, depth, 6, 4)
    channels, height, width = image(name, input_shape, 8)
    fraction("dropout", dropout)
    filters = 2 * growth
    layers = stem_layers(channels, filters, stem_of(stem, height, width))
    for block in range(3):
        for _ in range(n):
            layers.append(Bottleneck(filters, growth, dropout))
            filters += growth
        layers += [nn.BatchNorm2d(filters), nn.ReLU(inplace=True)]
        if block < 2:
            layers.append(nn.Conv2d(filters, filters // 2, 1, bias=False))
            layers += [Dropout(dropout)] if dropout else []
            layers.append(nn.AvgPool2d(2))
            filters //= 2
    network = nn.Sequential(*layers, AveragePool(1), Flatten(), nn.Linear(filters, check_outputs(outputs)))
    initialize(network, "he_normal")
    return network


class Bottleneck(nn.Module):
    """Adds `growth` maps to its input: [x; Conv3(ReLU(BN(Conv1(ReLU(BN(x))))))]."""

    def __init__(self, channels: int, growth: int, dropout: float):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels + growth, height, width)."""
        added = self.conv1(self.relu(self.bn1(x)))
        added = dropout(added, self.dropout, self.training)
        added = self.conv2(self.relu(self.bn2(added)))
        added = dropout(added, self.dropout, self.training)
        return torch.cat((x, added), dim=1)
