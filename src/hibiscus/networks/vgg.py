r"""VGG: stacks of 3x3 convolutions with batch norm, each followed by max pooling.

    H = Conv3x3 - BN - ReLU;    vgg16: 64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M

The filters double from stack to stack, up to 512. Simple and accurate but large: most of the 15 million
parameters of vgg16 are in the last stacks of 512 filters. `vggf` is the shallow encoder (64 M 128 M 256 M
512) of invariant information clustering.

Reference: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014,
    arXiv 1409.1556, table 1, columns A, B, D, E; Atienza, "Advanced Deep Learning with TensorFlow 2 and
    Keras", 2020, chapter 13 (vggf).
"""

from __future__ import annotations

from typing import Any

from torch import nn

from hibiscus.networks.cnn import head
from hibiscus.networks.input_shapes import check_outputs, choice, image
from hibiscus.networks.layers import conv_norm_relu, initialize

__all__ = ["STACKS", "build_vgg"]

STACKS: dict[str, tuple[tuple[int, ...], ...]] = {
    "11": ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    "13": ((64, 64), (128, 128), (256, 256), (512, 512), (512, 512)),
    "16": ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
    "19": ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4),
    "f": ((64,), (128,), (256,), (512,)),
}
LARGEST_FLAT_MAP = 16


def build_vgg(input_shape: Any, outputs: int, variant: str = "16", dropout: float = 0.0) -> nn.Sequential:
    """The convolutions of VGG and one linear layer.

    Args:
        input_shape: (channels, height, width), at least 8x8 pixels.
        outputs: number of outputs.
        variant: `11`, `13`, `16`, `19` or `f`.
        dropout: dropout rate of the features before the head.

    Shapes: (batch, channels, height, width) to (batch, outputs).

    Raises:
        ConfigError: the input is not an image of at least 8x8 pixels.

    Differences from the paper: batch norm after each convolution (none in the paper); one linear layer
        instead of three with 4096 units, on the flattened map up to 4x4 and on its average beyond; pooling
        rounds up, so that 28x28 images pass all five layers; `vggf` has no pooling at the end, as in its
        source.
    """
    channels, *size = image(f"vgg{choice('variant', variant, STACKS)}", input_shape, 8)
    layers: list[nn.Module] = []
    stacks = STACKS[variant]
    for index, stack in enumerate(stacks):
        for filters in stack:
            layers += conv_norm_relu(channels, filters)
            channels = filters
        if variant != "f" or index < len(stacks) - 1:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            size = [-(-side // 2) for side in size]
    network = nn.Sequential(
        *layers,
        *head(channels, (size[0], size[1]), check_outputs(outputs), dropout, largest=LARGEST_FLAT_MAP),
    )
    initialize(network, "he_normal")
    return network
