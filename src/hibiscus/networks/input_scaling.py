r"""Input scaling: pixels as the data prepares them, converted to the pixels that a trained network expects.

    of each channel, with a pixel $p$ in [0, 1]:    $x = (p - m) / s$,    $y = (p - m_0) / s_0$
    $y = (s / s_0)\,x + (m - m_0) / s_0$

Images are prepared with the mean $m$ and the standard deviation $s$ of their own training part; a network
whose weights were trained on other images expects the $m_0$ and $s_0$ of that training. A grayscale image is
repeated in each channel of a network for color images; of a color image, a network for grayscale images
takes the luma.

Reference: luma: ITU-R BT.601-7, 2011, §2.5.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "InputScaling", "scale_inputs"]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of pixels in [0, 1]
LUMA = (0.299, 0.587, 0.114)


class InputScaling(nn.Module):
    """A fixed scale and shift of each channel; the identity until `scale_inputs` states the preparation.

    Args:
        channels: of the images of the data.
        mean: of each channel that the trained network expects, of pixels in [0, 1].
        std: of each channel that the trained network expects, of pixels in [0, 1].

    Shapes: (batch, channels, height, width) to (batch, len(mean), height, width).

    Raises:
        ConfigError: the images can be converted to no such pixels.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, channels: int, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        expected = len(mean)
        if channels != expected and {channels, expected} != {1, 3}:
            raise ConfigError(
                f"images with {channels} channels for a network that was trained on images with {expected}",
                "grayscale or color images (1 or 3 channels)",
                "convert them, or train a network from scratch: net=cnn",
            )
        self.mean, self.std = tuple(mean), tuple(std)
        self.takes_luma = channels > expected
        scale = torch.tensor(LUMA) if self.takes_luma else torch.ones(expected)
        self.register_buffer("scale", scale.view(-1, 1, 1))
        self.register_buffer("shift", torch.zeros(expected, 1, 1))

    def scale_from(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Adapts the scale to images that are prepared as `(p - mean) / std`, see `scale_inputs`."""
        values = (torch.tensor(row, dtype=torch.float64) for row in (mean, std, self.mean, self.std))
        own_mean, own_std, mean0, std0 = values
        weights = torch.tensor(LUMA, dtype=torch.float64) if self.takes_luma else torch.ones(1)
        shift = (weights * own_mean).sum(0, keepdim=True) if self.takes_luma else own_mean
        with torch.no_grad():
            self.scale.copy_((weights * own_std / std0).expand(len(self.scale)).view(-1, 1, 1))
            self.shift.copy_(((shift - mean0) / std0).view(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """The images in the scale of the trained network."""
        if self.takes_luma:
            return (x * self.scale).sum(1, keepdim=True) + self.shift
        return torch.addcmul(self.shift, x, self.scale)


def scale_inputs(network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
    """States how the images of the data are prepared, for each `InputScaling` of a network.

    Args:
        network: any network; changed in place. The scale is part of its state.
        mean: of each channel of the images, of pixels in [0, 1]; 0.5 for pixels in [-1, 1].
        std: of each channel of the images, of pixels in [0, 1]; 0.5 for pixels in [-1, 1].
    """
    for module in network.modules():
        if isinstance(module, InputScaling):
            module.scale_from(mean, std)
