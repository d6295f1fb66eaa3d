r"""A pretrained base with a new head: what transfer learning trains.

    features:  $f = (\operatorname{mean}_{positions} h_k)_{k > K - 4}$,  $h_k = \mathrm{block}_k(h_{k-1})$
    outputs:   $y = W\,\frac{f - m}{s} + b$

The features are the channels of the maps of the last four of the base's $K$ blocks, averaged over positions;
$m$ and $s$ are their mean and standard deviation over the training part. Four blocks tell a linear head more
than the last one, which is specific to the classes of the pretraining: 90.5 instead of 88.9 % accuracy of
flowers5 at 224 pixels, by cross-validation of the training part. Features can be computed once and stored:
the network takes images or their features.

The batch norms of the base always use the statistics of its pretraining, also in the blocks that are trained:
the statistics of small batches are noisy, and of a few hundred images no better than those of a million.

Reference: Yosinski et al., "How transferable are features in deep neural networks?", 2014, arXiv 1411.1792.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.feature_stages import map_shapes
from hibiscus.networks.memory_format import AveragePool, Flatten

__all__ = [
    "DEFAULT_BLOCKS",
    "FEATURE_BLOCKS",
    "FeatureHead",
    "FeatureScaling",
    "TransferNetwork",
    "suggest_blocks",
]

DEFAULT_BLOCKS = 5  # what `suggest_blocks` finds for photos of things in EfficientNet-Lite0
FEATURE_BLOCKS = 4  # whose maps give the features
MIN_STD = 1e-3  # of a feature that varies


class FeatureScaling(nn.Module):
    """Standardizes features by the statistics of the training part; the identity before `fit`."""

    mean: Tensor
    std: Tensor

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))

    def fit(self, features: Tensor) -> None:
        """Learns the mean and the standard deviation of features (items, width); a constant one keeps 1."""
        std, mean = torch.std_mean(features.double(), 0, correction=0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std < MIN_STD, torch.ones_like(std), std))

    def forward(self, features: Tensor) -> Tensor:
        """Standardized features of the same shape."""
        return (features - self.mean) / self.std


class FeatureHead(nn.Sequential):
    """A linear layer on the features of a network that is not trained; at first all outputs are 0.

    Args:
        width: number of features.
        outputs: number of outputs.
        dropout: dropout rate of the features.

    Shapes: (batch, width) to (batch, outputs).
    """

    def __init__(self, width: int, outputs: int, dropout: float):
        last = nn.Linear(width, outputs)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        super().__init__(FeatureScaling(width), nn.Dropout(dropout), last)

    def fit(self, features: Tensor) -> None:
        """Learns the scale of the features of the training part (items, width)."""
        scaling = self[0]
        assert isinstance(scaling, FeatureScaling)
        scaling.fit(features)


class TransferNetwork(nn.Module):
    """The base, global average pooling and a head of one linear layer.

    Args:
        base: the maps of its last blocks give the features. At first, all of it is frozen.
        outputs: number of outputs.
        dropout: dropout rate of the features.

    Shapes: (batch, channels, height, width), or features (batch, network.width), to (batch, outputs).
    """

    probe_scores: Tensor
    trained_blocks: Tensor

    def __init__(self, base: Backbone, outputs: int, dropout: float = 0.2):
        super().__init__()
        self.base = base
        self.width = width = sum(shape.channels for shape in map_shapes(list(base.stages))[-FEATURE_BLOCKS:])
        self.pool = nn.Sequential(AveragePool(1), Flatten())
        self.head = FeatureHead(width, outputs, dropout)
        # Buffers, so that a run that is resumed, or its report, has what was found before the fine-tuning.
        self.register_buffer("probe_scores", torch.zeros(len(base.stages)))
        self.register_buffer("trained_blocks", torch.tensor(0))
        self.freeze()

    @property
    def blocks(self) -> int:
        """The number of blocks of the base: its stages."""
        return len(self.base.stages)

    def freeze(self) -> None:
        """Trains the head alone."""
        self.trained_blocks.zero_()
        self.base.freeze(self.blocks)
        self.train(self.training)

    def unfreeze(self, count: int) -> None:
        """Trains the deepest `count` blocks of the base together with the head.

        Raises:
            ConfigError: the base has fewer blocks.
        """
        if not 1 <= count <= self.blocks:
            raise ConfigError(f"unfreeze={count}", f"1 to {self.blocks} blocks", "unfreeze=auto")
        self.trained_blocks.fill_(count)
        self.base.freeze(self.blocks - count)
        self.train(self.training)

    def layer_lr_factors(self, decay: float, head: float = 1.0) -> dict[nn.Parameter, float]:
        """Factors of the learning rate: `head` for the head, `decay` for the deepest block, `decay^2` for the
        one before it ...
        """
        return dict.fromkeys(self.head.parameters(), head) | {
            parameter: decay**depth
            for depth, block in enumerate(reversed(self.base.stages), 1)
            for parameter in block.parameters()
        }

    def train(self, mode: bool = True) -> TransferNetwork:
        """Training or evaluation mode of the head; the base stays in evaluation mode, see the module."""
        super().train(mode)
        self.base.eval()
        return self

    def features(self, image: Tensor) -> Tensor:
        """The features of images, float32 (batch, width)."""
        return torch.cat(self._averages(image, self.blocks - FEATURE_BLOCKS), 1)

    def features_by_depth(self, image: Tensor) -> list[Tensor]:
        """The map of each block averaged over positions, the shallowest first: (batch, its channels)."""
        return self._averages(image, 0)

    def _averages(self, x: Tensor, first: int) -> list[Tensor]:
        averages: list[Tensor] = []
        for index, block in enumerate(self.base.stages):
            x = block(x)
            if index == self.blocks - 1:
                x = self.base.finish[-1](x)
            if index >= first:
                averages.append(self.pool(x).float())
        return averages

    def forward(self, x: Tensor) -> Tensor:
        """The outputs for images, or for features that `features` returned."""
        return self.head(self.features(x) if x.ndim == 4 else x)


def suggest_blocks(scores: Sequence[float]) -> int:
    """How many of the deepest blocks to train, from the score of a linear probe at each depth.

    Blocks up to the depth at which the score has half of its gain hold general features, which suit other
    images too. The deeper ones are specific to the pretraining, and are trained. If the new images differ
    much from those of the pretraining, the score gains less from the deep blocks, and more are trained.

    Args:
        scores: higher is better; of the shallowest block first.
    """
    half = (scores[0] + max(scores)) / 2
    general = next(depth for depth, score in enumerate(scores) if score >= half)
    return len(scores) - general
