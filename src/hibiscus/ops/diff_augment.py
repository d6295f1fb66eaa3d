r"""DiffAugment: differentiable augmentation of the images that a discriminator sees.

A discriminator memorizes a small set of real images. It cannot if it only sees T(x) and T(G(z)), with T drawn
anew each time; and since T is differentiable, the generator does not learn to produce augmented images.

    color:        brightness x + b,  b in ±0.5;  saturation about the mean of the channels, factor 0 to 2;
                  contrast about the image's mean, factor 0.5 to 1.5
    translation:  by up to an eighth of each side, padded with 0
    cutout:       a rectangle of half of each side set to 0

Reference: Zhao, Liu, Lin, Zhu, Han, "Differentiable Augmentation for Data-Efficient GAN Training", 2020,
arXiv 2006.10738.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from hibiscus.errors import ConfigError, nearest

__all__ = ["DiffAugment"]

Uniform = Callable[..., Tensor]  # numbers from [0, 1), `(batch, *shape)`


class DiffAugment:
    """Augments each image of a batch at random.

    Args:
        names: any of `color`, `translation`, `cutout`, in this order.

    Shapes:
        images (batch, channels, height, width), centered at 0; returns the same.

    Raises:
        ConfigError: an unknown name.
    """

    def __init__(self, names: Sequence[str]):
        for name in names:
            if name not in AUGMENTATIONS:
                expected = f"any of: {', '.join(AUGMENTATIONS)}"
                raise ConfigError(f"diff_augment={name!r}", expected, nearest(name, list(AUGMENTATIONS)))
        self.augmentations = [AUGMENTATIONS[name] for name in names]

    def __call__(self, images: Tensor, uniform: Uniform) -> Tensor:
        """Augmented images; `uniform(*shape)` draws `(batch, *shape)` numbers from [0, 1)."""
        for augment in self.augmentations:
            images = augment(images, uniform)
        return images


def _color(x: Tensor, uniform: Uniform) -> Tensor:
    x = x + uniform(1, 1, 1) - 0.5
    mean = x.mean(1, keepdim=True)
    x = mean + (x - mean) * 2 * uniform(1, 1, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + uniform(1, 1, 1))


def _translation(x: Tensor, uniform: Uniform) -> Tensor:
    batch, _, height, width = x.shape
    down, across = (height + 4) // 8, (width + 4) // 8  # the largest shifts
    padded = pad(x, (across, across, down, down)).permute(0, 2, 3, 1)
    rows = torch.arange(height, device=x.device) + _integers(uniform(1), 2 * down + 1)
    columns = torch.arange(width, device=x.device) + _integers(uniform(1), 2 * across + 1)
    item = torch.arange(batch, device=x.device)
    return padded[item[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(x: Tensor, uniform: Uniform) -> Tensor:
    inside = []
    for axis in (2, 3):
        side = x.shape[axis]
        cut = (side + 1) // 2
        first = (
            _integers(uniform(1), side + 1 - cut % 2) - cut // 2
        )  # the center may be anywhere, so that a part may lie outside
        position = torch.arange(side, device=x.device)
        inside.append((position >= first) & (position < first + cut))
    hole = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return x.masked_fill(hole, 0)


def _integers(uniform: Tensor, count: int) -> Tensor:
    """Random integers below `count` from uniform numbers."""
    return (uniform * count).long()


AUGMENTATIONS = {"color": _color, "translation": _translation, "cutout": _cutout}
