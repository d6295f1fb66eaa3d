r"""Backbones: the convolutional part of a classifier, which returns feature maps of several scales.

    strides 8, 16, 32:  image (C, H, W) -> maps (channels_k, ceil(H / stride_k), ceil(W / stride_k))

Detectors attach heads to maps of several scales; segmentation networks upsample them. With `output_stride`
the later stages of a residual network preserve the size of their maps: strides are replaced by dilated
filters, which preserves the receptive field.

Reference: He et al., "Identity mappings in deep residual networks", 2016, arXiv 1603.05027; Simonyan and
    Zisserman, 2014, arXiv 1409.1556; Chen et al., "Rethinking atrous convolution for semantic image
    segmentation", 2017, arXiv 1706.05587.

Differences from the paper: a residual network has as many stages as the strides require, each with as many
    blocks as each of the three stages of a classifier of that depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.architecture import described
from hibiscus.networks.efficientnet import STAGES, STRIDES, efficientnet_stages
from hibiscus.networks.input_shapes import choice, counts, image, legal_depth
from hibiscus.networks.layers import MapNorm, conv_norm_relu, initialize
from hibiscus.networks.resnet import stage_layers, stem_layers
from hibiscus.networks.vgg import STACKS

__all__ = ["MAX_STRIDE", "Backbone", "build_backbone"]

MAX_STRIDE = {"own": 32, "resnet": 32, "vgg": 16, "efficientnet-lite0": 32}  # vgg: before its last pooling
DEPTHS = {"own": 2, "resnet": 20, "vgg": 16}
DILATED = ("efficientnet-lite0", "resnet")  # what `output_stride` applies to
OWN_FILTERS, MAX_OWN_FILTERS, RESNET_FILTERS = 32, 256, 16
MIN_SIDE = 8


class Backbone(nn.Module):
    """A sequence of stages, some of whose maps are returned.

    Args:
        stages: modules that map the output of the previous stage to their own.
        taps: for each map that is returned, the number of its stage.
        finish: a module for each of them that is applied to the returned map but not to the input of the next
            stage.
        channels: channels of each map.
        strides: actual stride of each map in pixels; map sizes are rounded up.

    Shapes: (batch, channels, height, width) to a list of (batch, channels[k], height / strides[k], width /
        strides[k]), sides rounded up.
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        taps: Sequence[int],
        finish: Sequence[nn.Module],
        channels: Sequence[int],
        strides: Sequence[int],
    ):
        super().__init__()
        self.stages, self.finish = nn.ModuleList(stages), nn.ModuleList(finish)
        self.taps, self.channels, self.strides = tuple(taps), tuple(channels), tuple(strides)
        self.frozen = 0  # stages, see `freeze`
        self.description: Any = None  # of the trained network whose weights it is to get, see `bases`

    def freeze(self, count: int) -> None:
        """Freezes the first `count` stages, and no others: their weights are not trained, and the statistics
        of their batch norms stay as they are.
        """
        self.frozen = count
        for index, stage in enumerate(self.stages):
            stage.requires_grad_(index >= count)
        self.train(self.training)

    def train(self, mode: bool = True) -> Backbone:
        """Training or evaluation mode; frozen stages, and all of a pretrained backbone, stay in evaluation
        mode: the batch norms keep the statistics of the pretraining, which are better than those of small
        batches.
        """
        super().train(mode and self.description is None)
        for stage in self.stages[: self.frozen]:
            stage.eval()
        return self

    def forward(self, x: Tensor) -> list[Tensor]:
        """The maps, finest first."""
        maps: list[Tensor] = []
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in self.taps:
                maps.append(self.finish[len(maps)](x))
        return maps


@described("backbone")
def build_backbone(
    name: str,
    image_shape: Any,
    width: float = 1.0,
    depth: int | None = None,
    strides: Sequence[int] | None = (8, 16),
    output_stride: int | None = None,
) -> Backbone:
    """A backbone that returns maps of the given strides.

    Args:
        name: `own`: lightweight, 3x3 convolutions with batch norm and ReLU, a strided one for each halving,
            filters doubling from 32 to 256; `resnet`: version 2, filters doubling from 64; `vgg`: its stacks
            before their pooling layers; `efficientnet-lite0`: a network with published weights, which has no
            `width` and no `depth`.
        image_shape: (channels, height, width), at least 8x8 pixels; the network accepts other sizes too.
        width: multiplier for the number of filters.
        depth: own: convolutions per scale, 2 if None; resnet: 9n+2 for n blocks per stage, 20 if None; vgg:
            11, 13, 16 (None) or 19.
        strides: strides of the maps: increasing powers of 2, up to 32, or up to 16 for vgg. resnet: from 4 on
            the stem is that for large images (a 7x7 convolution and a pooling layer, stride 4), below 4 a 3x3
            convolution and a stage of stride 1. efficientnet-lite0: from 2 on. None: only the last map of the
            network, from which a classifier predicts.
        output_stride: resnet and efficientnet-lite0: the largest actual stride; later stages are dilated
            instead. `strides` still selects the stages; `.strides` of the result holds the actual strides.

    Raises:
        ConfigError: an unknown name, a stride or depth that the network does not have.
    """
    channels, _, _ = image(f"backbone {choice('backbone', name, MAX_STRIDE)}", image_shape, MIN_SIDE)
    map_strides = _checked_strides(name, (MAX_STRIDE[name],) if strides is None else strides)
    if isinstance(width, bool) or not isinstance(width, int | float) or width * RESNET_FILTERS < 1:
        raise ConfigError(f"width={width!r}", "a number of at least 0.0625", "use width=1.0")
    if output_stride is not None and (name not in DILATED or output_stride not in (1, 2, 4, 8, 16, 32)):
        expected = f"1, 2, 4, 8, 16 or 32, for {' or '.join(DILATED)}"
        raise ConfigError(f"output_stride={output_stride!r} for {name}", expected, "leave it out")
    if name not in DEPTHS and (width != 1 or depth is not None):
        raise ConfigError(f"width={width}, depth={depth} for {name}", "no such options", "leave them out")
    depth = DEPTHS.get(name, 0) if depth is None else depth
    if name == "efficientnet-lite0":
        network = _efficientnet(channels, None if strides is None else map_strides, output_stride)
    elif name == "resnet":
        blocks = legal_depth("backbone resnet", depth, 9, 2)
        max_stride = output_stride or MAX_STRIDE[name]
        network = _resnet(channels, width, blocks, map_strides, max_stride)
    elif name == "vgg":
        variants = [variant for variant in STACKS if variant.isdigit()]
        network = _vgg(channels, width, choice("depth", str(depth), variants), map_strides)
    else:
        network = _own(channels, width, counts("depth", depth)[0], map_strides)
    initialize(network, "he_normal")
    return network


def _checked_strides(name: str, strides: Sequence[int]) -> tuple[int, ...]:
    values, largest = counts("strides", strides), MAX_STRIDE[name]
    if (
        any(stride & (stride - 1) for stride in values)
        or list(values) != sorted(set(values))
        or values[-1] > largest
    ):
        received, expected = (
            f"strides={strides!r} of backbone {name}",
            f"increasing powers of 2 up to {largest}",
        )
        raise ConfigError(received, expected, "for example strides=[8,16]")
    return values


def _own(channels: int, width: float, depth: int, strides: tuple[int, ...]) -> Backbone:
    stages: list[nn.Module] = []
    filters: list[int] = []
    first = 0 if strides[0] == 1 else 1  # a stage at full resolution costs as much as all others together
    for halvings in range(first, strides[-1].bit_length()):
        count = round(min(OWN_FILTERS * 2 ** max(0, halvings - 1), MAX_OWN_FILTERS) * width)
        layers: list[nn.Module] = []
        for index in range(depth):
            layers += conv_norm_relu(channels, count, 2 if index == 0 and halvings else 1)
            channels = count
        stages.append(nn.Sequential(*layers))
        filters.append(count)
    taps = [stride.bit_length() - 1 - first for stride in strides]
    return Backbone(stages, taps, [nn.Identity() for _ in taps], [filters[tap] for tap in taps], strides)


def _vgg(channels: int, width: float, variant: str, strides: tuple[int, ...]) -> Backbone:
    stages: list[nn.Module] = []
    filters: list[int] = []
    for index, stack in enumerate(STACKS[variant][: strides[-1].bit_length()]):
        layers: list[nn.Module] = [nn.MaxPool2d(2, ceil_mode=True)] if index else []
        for count in stack:
            layers += conv_norm_relu(channels, round(count * width))
            channels = round(count * width)
        stages.append(nn.Sequential(*layers))
        filters.append(channels)
    taps = [stride.bit_length() - 1 for stride in strides]
    return Backbone(stages, taps, [nn.Identity() for _ in taps], [filters[tap] for tap in taps], strides)


def _efficientnet(channels: int, strides: tuple[int, ...] | None, max_stride: int | None) -> Backbone:
    """Taps after the last group of blocks of each stride; without strides, after the 1x1 convolution."""
    first, last = STRIDES[0], {stride: index for index, stride in enumerate(STRIDES[:-1])}
    if min(strides or STRIDES) < first or (max_stride or first) < first:
        received = f"strides={strides}, output_stride={max_stride} for efficientnet-lite0"
        raise ConfigError(received, f"at least {first}, its first convolution's", "strides=[8,16,32]")
    taps = [STAGES - 1] if strides is None else [last[stride] for stride in strides]
    stages, widths, actual = efficientnet_stages(channels, max_stride or STRIDES[-1], taps[-1] + 1)
    rows = [widths[tap] for tap in taps], [actual[tap] for tap in taps]
    return Backbone(stages, taps, [nn.Identity() for _ in taps], *rows)


def _resnet(channels: int, width: float, blocks: int, strides: tuple[int, ...], max_stride: int) -> Backbone:
    """The stem and a stage per stride; since blocks of version 2 end with the sum, returned maps pass through
    batch norm and ReLU.
    """
    first = 4 if strides[0] >= 4 else 1
    if max_stride < first:
        raise ConfigError(
            f"output_stride={max_stride} with strides={list(strides)}",
            f"at least {first}, the stem's",
            f"output_stride={first}",
        )
    filters = round(RESNET_FILTERS * width)
    stages: list[nn.Module] = [
        nn.Sequential(*stem_layers(channels, filters, "imagenet" if first == 4 else "plain"))
    ]
    channels, stride, dilation = filters, first, 1
    taps: dict[int, tuple[int, int, int]] = {}  # by nominal stride: stage, channels, actual stride
    nominal = first
    while nominal <= strides[-1]:
        first_dilation, step = dilation, 2 if nominal > first else 1
        if stride * step > max_stride:
            step, dilation = 1, dilation * 2
        stages.append(
            nn.Sequential(
                *stage_layers(channels, filters, blocks, step, dilations=(first_dilation, dilation))
            )
        )
        channels, stride = filters * 4, stride * step
        taps[nominal] = (len(stages) - 1, channels, stride)
        nominal, filters = nominal * 2, filters * 2
    rows = [taps[stride] for stride in strides]
    finish = [nn.Sequential(MapNorm(row[1]), nn.ReLU(inplace=True)) for row in rows]
    return Backbone(
        stages, [row[0] for row in rows], finish, [row[1] for row in rows], [row[2] for row in rows]
    )
