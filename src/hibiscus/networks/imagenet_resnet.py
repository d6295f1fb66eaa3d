r"""Residual networks for images of about 224 pixels: ResNet-18, 34, 50, 101 and 152.

    stem:        BN-ReLU(Conv7, stride 2), max pooling 3x3 with stride 2      a quarter of each side
    basic:       $x_{l+1} = \mathrm{ReLU}(F(x_l) + x_l)$,  F = Conv3-BN-ReLU-Conv3-BN                 (18, 34)
    bottleneck:  the same with F = Conv1-BN-ReLU-Conv3-BN-ReLU-Conv1(4 f)-BN               (50, 101, 152)

There are four stages with 64, 128, 256 and 512 filters; the second to fourth start with stride 2. The
shortcut of a block that changes the shape of its input is a 1x1 convolution (option B). The networks of the
same paper for images of 32 pixels (`resnet20` ... `resnet110`) are in `resnet`.

The tensors have the names and shapes of torchvision's `resnet18` ... `resnet152`, so that weights published
for those fit.

Differences from the paper: in bottleneck blocks the 3x3 convolution has the stride, not the first 1x1
convolution. This is "version 1.5" of Goyal et al., and what the published weights were trained with.

Reference: He et al., "Deep residual learning for image recognition", 2015, arXiv 1512.03385, table 1; Goyal
    et al., "Accurate, large minibatch SGD", 2017, arXiv 1706.02677, §5.1.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from hibiscus.networks.input_shapes import check_outputs, choice, image
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import AveragePool, Flatten

__all__ = ["ImageNetResNet", "build_imagenet_resnet"]

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
MIN_BOTTLENECK_DEPTH = 50
MIN_SIDE = 8


def build_imagenet_resnet(input_shape: Any, outputs: int, depth: int = 50) -> ImageNetResNet:
    """A residual network for large images with global average pooling and one linear layer.

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels. The maps of the last stage have 1/32 of
            each side, so images below 64 pixels leave it almost nothing to see: use `resnet20` for those, or
            enlarge them with `image_size`.
        outputs: number of outputs.
        depth: 18, 34, 50, 101 or 152 layers with weights.

    Shapes: (batch, channels, height, width) to (batch, outputs).

    Raises:
        ConfigError: another depth, or not images.
    """
    choice("depth", str(depth), [str(depth) for depth in BLOCKS])
    channels, _, _ = image(f"resnet{depth}", input_shape, MIN_SIDE)
    network = ImageNetResNet(channels, check_outputs(outputs), depth)
    initialize(network, "he_normal")
    return network


class ImageNetResNet(nn.Module):
    """The network; its parts have the names of torchvision's.

    Args:
        channels: of the images.
        outputs: of the last layer.
        depth: a key of `BLOCKS`.
    """

    def __init__(self, channels: int, outputs: int, depth: int):
        super().__init__()
        block = Bottleneck if depth >= MIN_BOTTLENECK_DEPTH else Basic
        self.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        width, stages = 64, []
        for stage, count in enumerate(BLOCKS[depth]):
            filters, blocks = 64 * 2**stage, []
            for index in range(count):
                blocks.append(block(width, filters, 2 if stage and index == 0 else 1))
                width = filters * block.expansion
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool, self.flatten = AveragePool(1), Flatten()
        self.fc = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, outputs)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.flatten(self.avgpool(x)))


class Basic(nn.Module):
    """ReLU(Conv3-BN-ReLU-Conv3-BN(x) + shortcut(x))."""

    expansion = 1

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.downsample = _projection(channels, filters, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, filters, height / stride, width / stride)."""
        residual = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        residual += x if self.downsample is None else self.downsample(x)
        return self.relu(residual)


class Bottleneck(nn.Module):
    """ReLU(Conv1-BN-ReLU-Conv3-BN-ReLU-Conv1(4 f)-BN(x) + shortcut(x))."""

    expansion = 4

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv3 = nn.Conv2d(filters, 4 * filters, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * filters)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _projection(channels, 4 * filters, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, 4 * filters, height / stride, width / stride)."""
        residual = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        residual = self.bn3(self.conv3(residual))
        residual += x if self.downsample is None else self.downsample(x)
        return self.relu(residual)


def _projection(channels: int, wide: int, stride: int) -> nn.Sequential | None:
    """The shortcut of a block that changes the shape of its input; None for the identity."""
    if stride == 1 and channels == wide:
        return None
    return nn.Sequential(nn.Conv2d(channels, wide, 1, stride, bias=False), nn.BatchNorm2d(wide))
