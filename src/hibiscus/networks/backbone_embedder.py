r"""Embeddings of images from a backbone, such as a pretrained one.

    $z = s \odot \operatorname{mean}_{positions} \mathrm{backbone}(image) + b$

The scale $s$ and the shift $b$ of each feature are learned even if the backbone is frozen. At first, all
scales are $c / \sqrt{features}$, so that the squared distance of two embeddings is $c^2$ times the mean
squared difference of their features, whatever the number of features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.networks.backbone import Backbone
from hibiscus.networks.memory_format import AveragePool, Flatten

__all__ = ["BackboneEmbedder"]

CONTRAST = 5.0  # c


class BackboneEmbedder(nn.Module):
    """The last map of a backbone averaged over positions, with a learned scale and shift of each channel.

    Shapes: (batch, channels, height, width) to float32 (batch, backbone.channels[-1]).
    """

    def __init__(self, backbone: Backbone):
        super().__init__()
        self.backbone, features = backbone, backbone.channels[-1]
        self.pool = nn.Sequential(AveragePool(1), Flatten())
        self.scale = nn.Parameter(torch.full((features,), CONTRAST / features**0.5))
        self.shift = nn.Parameter(torch.zeros(features))

    def forward(self, x: Tensor) -> Tensor:
        """The embedding of each image."""
        return self.pool(self.backbone(x)[-1]).float() * self.scale + self.shift
