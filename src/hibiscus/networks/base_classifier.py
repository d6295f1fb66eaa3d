"""A base with global average pooling and one linear layer, as a network of any method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from hibiscus.errors import ConfigError, nearest
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.bases import BaseDescription, build_base
from hibiscus.networks.input_shapes import check_outputs, fraction
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import AveragePool, Flatten

__all__ = ["BaseClassifier", "build_base_classifier"]

OPTIONS = ("base", "dropout")


def build_base_classifier(
    name: str, input_shape: Any, outputs: int, options: Mapping[str, Any]
) -> BaseClassifier:
    """A base that was opened earlier, with a new linear layer.

    Args:
        name: of the base, for messages.
        input_shape: (channels, height, width), at least 8x8 pixels.
        outputs: number of outputs.
        options: `base`, its description, and `dropout`.

    Raises:
        ConfigError: an unknown option, or images that the base does not take.
    """
    for option in options:
        if option not in OPTIONS:
            raise ConfigError(f"{name} has no option {option!r}", "dropout", nearest(option, OPTIONS))
    backbone = build_base(BaseDescription.from_json(options["base"]), input_shape)
    dropout = fraction("dropout", options.get("dropout", 0.2))
    return BaseClassifier(backbone, check_outputs(outputs), dropout)


class BaseClassifier(nn.Module):
    """The network.

    Args:
        base: whose last map gives the features.
        outputs: of the linear layer.
        dropout: dropout rate of the features.

    Shapes: (batch, channels, height, width) to (batch, outputs).
    """

    def __init__(self, base: Backbone, outputs: int, dropout: float):
        super().__init__()
        self.base = base
        self.head = nn.Sequential(
            AveragePool(1), Flatten(), nn.Dropout(dropout), nn.Linear(base.channels[-1], outputs)
        )
        initialize(self.head, "he_normal")

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, outputs)."""
        return self.head(self.base(x)[-1])
