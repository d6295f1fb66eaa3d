"""Weights of known architectures, recognized by the names and shapes of their tensors.

    conv1, bn1, layer1 ... layer4, fc      resnet18, 34, 50, 101 and 152, as torchvision and timm name them
    _conv_stem, _blocks, _conv_head, _fc   efficientnet-lite0, as published
    stages.0 ... stages.8, head            efficientnet-lite0, as Hibiscus names it

A common beginning of all names, such as `module.`, is left out.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from hibiscus.errors import ConfigError, clip
from hibiscus.networks.bases import EFFICIENTNET, BaseDescription
from hibiscus.networks.imagenet_resnet import BLOCKS, MIN_BOTTLENECK_DEPTH
from hibiscus.networks.input_scaling import IMAGENET_MEAN, IMAGENET_STD
from hibiscus.networks.published_names import efficientnet_names

__all__ = ["recognize"]

Shapes = Mapping[str, Sequence[int]]
KNOWN = "weights of resnet18, 34, 50, 101 or 152 with the names of torchvision, or of efficientnet-lite0"
FIX = "net=hub:OWNER/NAME for a model of the Hugging Face Hub, or net=run:RUN for a run"
MAX_NAMES = 300  # characters of names of tensors in a message


def recognize(shapes: Shapes, source: str) -> tuple[BaseDescription, dict[str, str]]:
    """The architecture of which these are weights.

    Args:
        shapes: of the tensors by name.
        source: as the option `net` names it.

    Returns:
        The description of the base, and the names in the network of those tensors that are before its last
        layer, by their names in the file.

    Raises:
        ConfigError: of no known architecture.
    """
    for anchor, read in ANCHORS.items():
        for name in shapes:
            if name.endswith(anchor):
                return read(shapes, name.removesuffix(anchor), source)
    if any(name.startswith("network/") for name in shapes):
        received, fix = f"net={source}: the checkpoint of a run", "net=run:RUN, with the folder of the run"
        raise ConfigError(received, KNOWN, fix)
    names = clip(", ".join(shapes), MAX_NAMES)
    raise ConfigError(f"net={source}: {len(shapes)} tensors of an unknown architecture: {names}", KNOWN, FIX)


def _resnet(shapes: Shapes, prefix: str, source: str) -> tuple[BaseDescription, dict[str, str]]:
    names = [name.removeprefix(prefix) for name in shapes if name.startswith(prefix)]
    blocks = tuple(_count(names, rf"layer{layer}\.(\d+)\..*") for layer in (1, 2, 3, 4))
    is_deep = "layer1.0.conv3.weight" in names
    known = {f"{counts} {depth >= MIN_BOTTLENECK_DEPTH}": depth for depth, counts in BLOCKS.items()}
    depth = known.get(f"{blocks} {is_deep}")
    shape = list(shapes.get(f"{prefix}conv1.weight", ()))
    if depth is None or shape != [64, 3, 7, 7]:
        received = f"net={source}: a residual network of {blocks} blocks, with conv1 of shape {shape}"
        raise ConfigError(received, KNOWN, FIX)
    arguments = {"name": f"resnet{depth}", "input_shape": [3, 224, 224], "outputs": 1}
    described = BaseDescription(source, "network", arguments, IMAGENET_MEAN, IMAGENET_STD)
    return described, {f"{prefix}{name}": name for name in names if not name.startswith("fc.")}


def _count(names: Iterable[str], pattern: str) -> int:
    """The number of different first groups of a pattern among the names."""
    return len({match[1] for name in names if (match := re.fullmatch(pattern, name))})


def _published(shapes: Shapes, prefix: str, source: str) -> tuple[BaseDescription, dict[str, str]]:
    layers = efficientnet_names()
    names = {}
    for name in shapes:
        layer, _, kind = name.removeprefix(prefix).rpartition(".")
        if layer in layers:
            names[name] = f"{layers[layer]}.{kind}"
    return dataclasses.replace(EFFICIENTNET, source=source), names


def _own(shapes: Shapes, prefix: str, source: str) -> tuple[BaseDescription, dict[str, str]]:
    names = {name: name.removeprefix(prefix) for name in shapes if name.startswith(prefix)}
    return dataclasses.replace(EFFICIENTNET, source=source), names


Reader = Callable[[Shapes, str, str], tuple[BaseDescription, dict[str, str]]]
ANCHORS: dict[str, Reader] = {  # a tensor that each architecture has, and who reads its names
    "layer1.0.conv1.weight": _resnet,
    "_blocks.0._depthwise_conv.weight": _published,
    "stages.1.0.layers.0.weight": _own,
}
