r"""Backbones: the convolutions of a classifier without its head, giving the maps of several scales.

    strides 8, 16, 32:  image (C, H, W) -> maps (channels_k, ceil(H / stride_k), ceil(W / stride_k))

What a network has learnt to see at one scale is a list of maps; detectors put heads on several of them, segmentation networks
enlarge them again. With `output_stride` the later stages of a residual network keep their maps large: where a stride is left
out, the taps of the filters are spread by as much (dilation), so that they see as far as before.

Reference: He et al., "Identity mappings in deep residual networks", 2016, arXiv 1603.05027; Simonyan and Zisserman, 2014,
arXiv 1409.1556; Chen et al., "Rethinking atrous convolution for semantic image segmentation", 2017, arXiv 1706.05587.

Departs: a residual network has as many stages as the strides ask for, each of as many blocks as its three have at that depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.input_shapes import choice, counts, image, legal_depth
from hibiscus.networks.layers import MapNorm, conv_norm_relu, initialize
from hibiscus.networks.resnet import stage_layers, stem_layers
from hibiscus.networks.vgg import STACKS

__all__ = ["MOST_STRIDE", "Backbone", "build_backbone"]

MOST_STRIDE = {"own": 32, "resnet": 32, "vgg": 16}  # vgg's fifth stack, before its pooling
DEPTHS = {"own": 2, "resnet": 20, "vgg": 16}
OWN_FILTERS, MOST_OWN_FILTERS, RESNET_FILTERS = 32, 256, 16
LEAST_SIDE = 8


class Backbone(nn.Module):
    """Stages one after the other, some of whose maps are given out.

    Args:
        stages: each a module from the maps before to its own; only as many as are needed.
        taps: for each map that is given out, the number of its stage.
        finish: for each of them what comes between stage and answer, not seen by the next stage.
        channels: of each map.
        strides: pixels of the image per position of each map, really; rounded up where they do not divide a side.

    Shapes: (batch, channels, height, width) to a list of (batch, channels[k], height / strides[k], width / strides[k]), sides
        rounded up.
    """

    def __init__(
        self, stages: Sequence[nn.Module], taps: Sequence[int], finish: Sequence[nn.Module], channels: Sequence[int], strides: Sequence[int]
    ):
        super().__init__()
        self.stages, self.finish = nn.ModuleList(stages), nn.ModuleList(finish)
        self.taps, self.channels, self.strides = tuple(taps), tuple(channels), tuple(strides)

    def forward(self, x: Tensor) -> list[Tensor]:
        """The maps, finest first."""
        maps: list[Tensor] = []
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in self.taps:
                maps.append(self.finish[len(maps)](x))
        return maps


def build_backbone(
    name: str,
    image_shape: Any,
    width: float = 1.0,
    depth: int | None = None,
    strides: Sequence[int] = (8, 16),
    output_stride: int | None = None,
) -> Backbone:
    """A backbone that gives the maps of the strides asked for.

    Args:
        name: `own`, light: 3x3 convolutions with norm and ReLU, a strided one for each halving, filters from 32 doubling up to
            256; `resnet`: version 2, filters from 64 for the first stage, doubling; `vgg`: its stacks before their poolings.
        image_shape: (channels, height, width), at least 8x8 pixels; the network takes other sizes too.
        width: multiplies all filter counts.
        depth: own: convolutions per scale, 2 if None; resnet: 9n+2 for n blocks per stage, 20 if None; vgg: 11, 13, 16
            (None) or 19.
        strides: of the maps, powers of 2, rising, up to 32, vgg up to 16. resnet: from 4 on the stem is the one of large
            images (a 7x7 convolution and a pooling, stride 4), below it a 3x3 convolution and a stage of stride 1.
        output_stride: resnet only: the most stride really taken; later stages are dilated instead. `strides` still name the
            stages, `.strides` of the result says what they have.

    Raises:
        ConfigError: an unknown name, a stride or depth that the network does not have.
    """
    channels, _, _ = image(f"backbone {choice('backbone', name, MOST_STRIDE)}", image_shape, LEAST_SIDE)
    wanted = _checked_strides(name, strides)
    if isinstance(width, bool) or not isinstance(width, int | float) or width * RESNET_FILTERS < 1:
        raise ConfigError(f"width={width!r}", "a number of at least 0.0625", "use width=1.0")
    if output_stride is not None and (name != "resnet" or output_stride not in (1, 2, 4, 8, 16, 32)):
        raise ConfigError(f"output_stride={output_stride!r} for {name}", "1, 2, 4, 8, 16 or 32, for resnet", "leave it out")
    depth = DEPTHS[name] if depth is None else depth
    if name == "resnet":
        network = _resnet(channels, width, legal_depth("backbone resnet", depth, 9, 2), wanted, output_stride or max(MOST_STRIDE.values()))
    elif name == "vgg":
        network = _vgg(channels, width, choice("depth", str(depth), [each for each in STACKS if each.isdigit()]), wanted)
    else:
        network = _own(channels, width, counts("depth", depth)[0], wanted)
    initialize(network, "he_normal")
    return network


def _checked_strides(name: str, strides: Sequence[int]) -> tuple[int, ...]:
    wanted, most = counts("strides", strides), MOST_STRIDE[name]
    if any(stride & (stride - 1) for stride in wanted) or list(wanted) != sorted(set(wanted)) or wanted[-1] > most:
        raise ConfigError(f"strides={strides!r} of backbone {name}", f"powers of 2 up to {most}, rising", "for example strides=[8,16]")
    return wanted


def _own(channels: int, width: float, depth: int, wanted: tuple[int, ...]) -> Backbone:
    stages: list[nn.Module] = []
    filters: list[int] = []
    first = 0 if wanted[0] == 1 else 1  # a stage at the size of the image costs as much as all others
    for halvings in range(first, wanted[-1].bit_length()):
        count = round(min(OWN_FILTERS * 2 ** max(0, halvings - 1), MOST_OWN_FILTERS) * width)
        layers: list[nn.Module] = []
        for index in range(depth):
            layers += conv_norm_relu(channels, count, 2 if index == 0 and halvings else 1)
            channels = count
        stages.append(nn.Sequential(*layers))
        filters.append(count)
    taps = [stride.bit_length() - 1 - first for stride in wanted]
    return Backbone(stages, taps, [nn.Identity() for _ in taps], [filters[tap] for tap in taps], wanted)


def _vgg(channels: int, width: float, variant: str, wanted: tuple[int, ...]) -> Backbone:
    stages: list[nn.Module] = []
    filters: list[int] = []
    for index, stack in enumerate(STACKS[variant][: wanted[-1].bit_length()]):
        layers: list[nn.Module] = [nn.MaxPool2d(2, ceil_mode=True)] if index else []
        for count in stack:
            layers += conv_norm_relu(channels, round(count * width))
            channels = round(count * width)
        stages.append(nn.Sequential(*layers))
        filters.append(channels)
    taps = [stride.bit_length() - 1 for stride in wanted]
    return Backbone(stages, taps, [nn.Identity() for _ in taps], [filters[tap] for tap in taps], wanted)


def _resnet(channels: int, width: float, blocks: int, wanted: tuple[int, ...], most: int) -> Backbone:
    """Stem, then a stage per stride; maps of version 2 are bare sums, so that those given out get a norm and ReLU first."""
    first = 4 if wanted[0] >= 4 else 1
    if most < first:
        raise ConfigError(f"output_stride={most} with strides={list(wanted)}", f"at least {first}, the stem's", f"output_stride={first}")
    filters = round(RESNET_FILTERS * width)
    stages: list[nn.Module] = [nn.Sequential(*stem_layers(channels, filters, "imagenet" if first == 4 else "plain"))]
    channels, real, spread = filters, first, 1
    found: dict[int, tuple[int, int, int]] = {}  # by nominal stride: stage, channels, real stride
    nominal = first
    while nominal <= wanted[-1]:
        before, step = spread, 2 if nominal > first else 1
        if real * step > most:
            step, spread = 1, spread * 2
        stages.append(nn.Sequential(*stage_layers(channels, filters, blocks, step, dilations=(before, spread))))
        channels, real = filters * 4, real * step
        found[nominal] = (len(stages) - 1, channels, real)
        nominal, filters = nominal * 2, filters * 2
    rows = [found[stride] for stride in wanted]
    finish = [nn.Sequential(MapNorm(row[1]), nn.ReLU(inplace=True)) for row in rows]
    return Backbone(stages, [row[0] for row in rows], finish, [row[1] for row in rows], [row[2] for row in rows])
