r"""EfficientNet-Lite0: inverted residual blocks of depthwise convolutions, fast on any processor.

    block:   $x + \mathrm{BN}(C_{1}(h))$,  $h = \mathrm{ReLU6}(\mathrm{BN}(D_{k}(e)))$,
             $e = \mathrm{ReLU6}(\mathrm{BN}(C_{1}(x)))$

A 1x1 convolution expands the channels by six, a depthwise convolution $D_k$ filters each of them, and
another 1x1 convolution reduces them; $x$ is added where the block preserves its shape. There are a stem of
stride 2, seven groups of blocks, and a 1x1 convolution to 1280 channels. Compared to EfficientNet-B0, the
lite variant has no squeeze-and-excitation, and ReLU6 instead of SiLU. Published weights trained on ImageNet
reach 75 % top-1 accuracy with 4.7 million parameters.

Differences from the paper: no stochastic depth.

Reference: Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019,
    arXiv 1905.11946, table 1; Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow
    blog, 2020; blocks: Sandler et al., "MobileNetV2", 2018, arXiv 1801.04381.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.networks.input_scaling import InputScaling
from hibiscus.networks.input_shapes import check_outputs, fraction, image
from hibiscus.networks.layers import MapNorm, initialize
from hibiscus.networks.memory_format import AveragePool, Flatten

__all__ = ["FEATURES", "STAGES", "STRIDES", "EfficientNet", "build_efficientnet", "efficientnet_stages"]

GROUPS = (  # kernel, stride, expansion, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STEM, FEATURES = 32, 1280  # channels
STAGES = len(GROUPS) + 2  # with the stem and the 1x1 convolution at the end
STRIDES = (2, 2, 4, 8, 16, 16, 32, 32, 32)  # of the map of each stage, without dilation
EPSILON, MOMENTUM = 1e-3, 0.01  # of batch norm
MEAN, STD = 127 / 255, 128 / 255  # the weights expect (pixel - 127) / 128
MIN_SIDE = 8


def efficientnet_stages(
    channels: int, max_stride: int = 32, count: int = STAGES
) -> tuple[list[nn.Module], list[int], list[int]]:
    """The stages of the network: scaling and stem, seven groups of blocks, and the 1x1 convolution.

    Args:
        channels: of the images: 1 (repeated in all colors) or 3.
        max_stride: the largest stride of a map; where a later group has a stride, its convolutions and those
            of the following groups are dilated instead.
        count: the number of stages, from the first one on.

    Returns:
        The stages, and the channels and the stride of each one's map.
    """
    scaling = InputScaling(channels, (MEAN,) * 3, (STD,) * 3)
    stages: list[nn.Module] = [nn.Sequential(scaling, *_convolution(3, STEM, 3, 2))]
    widths, strides, dilation = [STEM], [2], 1
    for kernel, stride, expansion, width, blocks_in_group in GROUPS[: count - 1]:
        first_dilation = dilation
        if strides[-1] * stride > max_stride:
            stride, dilation = 1, dilation * stride
        blocks = [Block(widths[-1], width, expansion, kernel, stride, first_dilation)]
        blocks += [Block(width, width, expansion, kernel, 1, dilation) for _ in range(blocks_in_group - 1)]
        stages.append(nn.Sequential(*blocks))
        widths.append(width)
        strides.append(strides[-1] * stride)
    if count == STAGES:
        stages.append(nn.Sequential(*_convolution(widths[-1], FEATURES, 1)))
        widths.append(FEATURES)
        strides.append(strides[-1])
    return stages, widths, strides


def build_efficientnet(input_shape: Any, outputs: int, dropout: float = 0.2) -> EfficientNet:
    """EfficientNet-Lite0 with global average pooling and one linear layer, with random weights.

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels, 1 or 3 channels. The maps of the last
            stage have 1/32 of each side.
        outputs: number of outputs.
        dropout: dropout rate of the features before the linear layer.

    Shapes: (batch, channels, height, width) to (batch, outputs).

    Raises:
        ConfigError: not images, or too small.
    """
    channels, _, _ = image("efficientnet-lite0", input_shape, MIN_SIDE)
    network = EfficientNet(channels, check_outputs(outputs), fraction("dropout", dropout))
    initialize(network, "he_normal")
    return network


class EfficientNet(nn.Module):
    """The network as a classifier.

    Args:
        channels: of the images.
        outputs: of the linear layer.
        dropout: dropout rate before it.
    """

    def __init__(self, channels: int, outputs: int, dropout: float):
        super().__init__()
        self.stages = nn.Sequential(*efficientnet_stages(channels)[0])
        self.head = nn.Sequential(
            AveragePool(1), Flatten(), nn.Dropout(dropout), nn.Linear(FEATURES, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, outputs)."""
        return self.head(self.stages(x))


class Block(nn.Module):
    """An inverted residual block.

    Args:
        channels: of the input.
        width: channels of the output.
        expansion: channels of the depthwise convolution, per channel of the input; 1: they are the input's.
        kernel: side of the depthwise convolution.
        stride: of the depthwise convolution.
        dilation: of the depthwise convolution.

    Shapes: (batch, channels, height, width) to (batch, width, ceil(height / stride), ceil(width / stride)).
    """

    def __init__(self, channels: int, width: int, expansion: int, kernel: int, stride: int, dilation: int):
        super().__init__()
        wide = channels * expansion
        expand = _convolution(channels, wide, 1) if expansion > 1 else []
        depthwise = _convolution(wide, wide, kernel, stride, dilation, groups=wide)
        project = _convolution(wide, width, 1)[:2]  # no activation
        self.layers = nn.Sequential(*expand, *depthwise, *project)
        self.is_residual = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        """The output of the block."""
        y = self.layers(x)
        return x + y if self.is_residual else y


class SameConv(nn.Conv2d):
    """A convolution with output sides of ceil(side / stride).

    If the number of padded rows or columns is odd, the additional one is at the end, as in TensorFlow, with
    which the published weights were trained.

    If a gradient is needed, depthwise convolutions on a CPU are computed in float32: PyTorch's gradient of
    one in bfloat16 takes so long there that a training step would take twice as long.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The convolution of the padded map."""
        is_trained = torch.is_grad_enabled() and (input.requires_grad or self.weight.requires_grad)
        if is_trained and self.groups > 1 and input.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                return self._convolve(input.float())
        return self._convolve(input)

    def _convolve(self, input: Tensor) -> Tensor:
        padding = [
            max(0, (-(-side // stride) - 1) * stride + dilation * (kernel - 1) + 1 - side)
            for side, kernel, stride, dilation in zip(
                input.shape[2:], self.kernel_size, self.stride, self.dilation, strict=True
            )
        ]
        rows, columns = padding
        if rows % 2 or columns % 2:
            sides = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
            input, rows, columns = functional.pad(input, sides), 0, 0
        half = rows // 2, columns // 2
        return functional.conv2d(input, self.weight, self.bias, self.stride, half, self.dilation, self.groups)


def _convolution(
    channels: int, filters: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1
) -> Sequence[nn.Module]:
    """A convolution with batch norm and ReLU6."""
    return [
        SameConv(channels, filters, kernel, stride, dilation=dilation, groups=groups, bias=False),
        MapNorm(filters, eps=EPSILON, momentum=MOMENTUM),
        nn.ReLU6(inplace=True),
    ]
