r"""PatchGAN: a discriminator that classifies each patch of an image separately, or the whole image.

It is fully convolutional. The receptive field of each output is one patch; the patches overlap. It evaluates
texture and leaves global structure to other losses; it has few weights and accepts images of any size.

Reference: Isola, Zhu, Zhou, Efros, "Image-to-Image Translation with Conditional Adversarial Networks", 2016,
arXiv 1611.07004.
"""

from __future__ import annotations

from torch import Tensor, nn

from hibiscus.networks.cyclegan import times_halved
from hibiscus.networks.layers import initialize
from hibiscus.networks.memory_format import Flatten

__all__ = ["PatchDiscriminator"]

HALVINGS = 3


class PatchDiscriminator(nn.Module):
    """Strided convolutions with leaky ReLU, one of stride 1, and a last one with an output for each patch.

    Args:
        shape: (channels, height, width) of an image.
        width: filters of the first layer; doubled in each later one.
        kernel_size: of all convolutions, odd.
        whole: one output for the whole image, by a linear layer instead of the last convolution.

    Shapes:
        (batch, channels, height, width) to (batch, 1, rows, columns), or (batch, 1) for the whole image.
    """

    def __init__(
        self, shape: tuple[int, int, int], width: int = 32, kernel_size: int = 3, whole: bool = False
    ):
        super().__init__()
        channels, height, side = shape
        pad, steps = kernel_size // 2, times_halved(shape, HALVINGS)
        layers: list[nn.Module] = []
        for step in range(steps + 1):
            filters, stride = width * 2**step, 2 if step < steps else 1
            layers += [
                nn.Conv2d(channels, filters, kernel_size, stride, pad),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            channels, height, side = filters, -(-height // stride), -(-side // stride)
        if whole:
            layers += [Flatten(), nn.Linear(channels * height * side, 1)]
        else:
            layers += [nn.Conv2d(channels, 1, kernel_size, 2, pad)]
        self.body = nn.Sequential(*layers)
        initialize(self, "normal")

    def forward(self, x: Tensor) -> Tensor:
        """The output for each patch, or for each image."""
        return self.body(x)
