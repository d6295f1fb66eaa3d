"""Names of tensors in published weights, converted to those of the networks here."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from hibiscus.networks.efficientnet import GROUPS, STAGES

__all__ = ["efficientnet_names", "renamed"]

LAYERS = ("_expand_conv", "_bn0", "", "_depthwise_conv", "_bn1", "", "_project_conv", "_bn2")  # "": ReLU6


def efficientnet_names() -> dict[str, str]:
    """The beginning of each tensor's name in the implementation of Melas-Kyriazi and others, such as
    `_blocks.0._bn1`, and that in `efficientnet.EfficientNet`.
    """
    names = {"_conv_stem": "stages.0.1", "_bn0": "stages.0.2"}
    number = 0
    for stage, (_, _, expansion, _, count) in enumerate(GROUPS, 1):
        for block in range(count):
            layers = LAYERS if expansion > 1 else LAYERS[3:]
            for index, layer in enumerate(layers):
                if layer:
                    names[f"_blocks.{number}.{layer}"] = f"stages.{stage}.{block}.layers.{index}"
            number += 1
    return names | {
        "_conv_head": f"stages.{STAGES - 1}.0",
        "_bn1": f"stages.{STAGES - 1}.1",
        "_fc": "head.3",
    }


def renamed(tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """Tensors whose names begin with a name of `names`, with that beginning replaced."""
    parts = ((name.rpartition("."), tensor) for name, tensor in tensors.items())
    return {f"{names[layer]}.{kind}": tensor for (layer, _, kind), tensor in parts if layer in names}
