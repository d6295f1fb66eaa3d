"""The convolutional part of a network, divided into the stages of a `Backbone`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.efficientnet import EfficientNet
from hibiscus.networks.hub_backbone import HubBackbone
from hibiscus.networks.imagenet_resnet import ImageNetResNet
from hibiscus.networks.segmentation import Trunk
from hibiscus.networks.unet import UNet

__all__ = ["MapShape", "map_shapes", "split_stages"]

SIDE = 129  # pixels of the image with which the sizes of maps are determined; odd, which shows rounding
HEAD = (nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear)


@dataclass(frozen=True)
class MapShape:
    """The map of a stage.

    Args:
        channels: of the map.
        side: of the map of an image of `SIDE` pixels.
    """

    channels: int
    side: int

    @property
    def stride(self) -> int:
        """The side of the image per side of the map, to the nearest power of two."""
        return 2 ** round(math.log2(SIDE / self.side))

    @property
    def is_regular(self) -> bool:
        """Whether sides are those of the image divided by the stride, rounded up."""
        return self.side == -(-SIDE // self.stride)


def split_stages(network: nn.Module, name: str) -> tuple[list[nn.Module], list[nn.Module]]:
    """The stages, each of which maps the output of the previous one to its own; those of one size are one.

    Args:
        network: a classifier, an encoder, a segmentation network or a backbone; its modules are used.
        name: of the network, for the message.

    Returns:
        The stages; and for each one a module that is applied to its map if the map is returned.

    Raises:
        ConfigError: the network is no sequence of convolutional layers.
    """
    if isinstance(network, Backbone):
        after = dict(zip(network.taps, network.finish, strict=True))
        return list(network.stages), [after.get(i, nn.Identity()) for i in range(len(network.stages))]
    if isinstance(network, Trunk):
        return [nn.Sequential(network.stem, network.stages[0]), *network.stages[1:]], list(network.after)
    stages: list[nn.Module]
    if isinstance(network, EfficientNet):
        stages = list(network.stages)
    elif isinstance(network, HubBackbone):
        stages = [network]
    elif isinstance(network, UNet):
        stages = [
            network.down[0],
            *(nn.Sequential(nn.MaxPool2d(2, ceil_mode=True), each) for each in network.down[1:]),
        ]
    elif isinstance(network, ImageNetResNet):
        stem = nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool)
        stages = [stem, network.layer1, network.layer2, network.layer3, network.layer4]
    else:
        stages = _by_size(_units(network)) if isinstance(network, nn.Sequential) else []
    if not stages:
        expected = "a convolutional network: cnn, conv4, vgg, resnet, densenet or efficientnet-lite0"
        raise ConfigError(
            f"{name} has no sequence of feature maps", expected, "choose a run with another net"
        )
    return stages, [nn.Identity() for _ in stages]


def _units(network: nn.Sequential) -> Iterator[nn.Sequential]:
    """The layers before the head: each convolution or block with the layers that follow it."""
    unit: list[nn.Module] = []
    for layer in network:
        if isinstance(layer, HEAD):
            break
        begins = isinstance(layer, nn.ZeroPad2d) or any(weight.ndim == 4 for weight in layer.parameters())
        if begins and unit and not isinstance(unit[-1], nn.ZeroPad2d):
            yield nn.Sequential(*unit)
            unit = []
        unit.append(layer)
    if any(weight.ndim == 4 for layer in unit for weight in layer.parameters()):
        yield nn.Sequential(*unit)


def _by_size(units: Iterator[nn.Sequential]) -> list[nn.Module]:
    """Consecutive units whose maps have the same size, as one stage."""
    stages: list[list[nn.Module]] = []
    every = list(units)
    size = 0
    for unit, shape in zip(every, map_shapes(every), strict=True):
        if shape.side != size:
            stages.append([])
            size = shape.side
        stages[-1] += unit
    return [nn.Sequential(*layers) for layers in stages]


@torch.no_grad()
def map_shapes(stages: Sequence[nn.Module]) -> list[MapShape]:
    """The shape of the map of each stage; weights, statistics and modes stay as they are."""
    if not stages:
        return []
    weight = next(weight for weight in stages[0].parameters() if weight.ndim == 4)
    x = weight.new_zeros(1, weight.shape[1], SIDE, SIDE)
    shapes = []
    for stage in stages:
        training = stage.training
        x = stage.eval()(x)
        stage.train(training)
        shapes.append(MapShape(x.shape[1], x.shape[2]))
    return shapes
