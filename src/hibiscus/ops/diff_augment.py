r"""DiffAugment: random changes of images through which a gradient passes, so that a generator may learn behind them.

A discriminator that sees few real images learns them by heart. If it sees T(x) and T(G(z)) only, T drawn anew each time, it cannot;
and since the generator's gradient passes through T, the generator does not learn to make changed images.

    color:        brightness x + b,  b in ±0.5;  saturation about the mean of the channels, factor 0 to 2;
                  contrast about the image's mean, factor 0.5 to 1.5
    translation:  by up to an eighth of each side, 0 coming in
    cutout:       a rectangle of half of each side set to 0

Reference: Zhao, Liu, Lin, Zhu, Han, "Differentiable Augmentation for Data-Efficient GAN Training", 2020, arXiv 2006.10738.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from hibiscus.networks.input_shapes import choice

__all__ = ["DiffAugment"]

Uniform = Callable[..., Tensor]  # numbers from [0, 1), `(batch, *shape)`


class DiffAugment:
    """Changes each image of a batch at random.

    Args:
        names: any of `color`, `translation`, `cutout`, in this order.

    Shapes:
        images (batch, channels, height, width), values about 0; returns the same.

    Raises:
        ConfigError: an unknown name.
    """

    def __init__(self, names: Sequence[str]):
        self.changes = [CHANGES[choice("diff_augment", name, CHANGES)] for name in names]

    def __call__(self, images: Tensor, uniform: Uniform) -> Tensor:
        """Changed images; `uniform(*shape)` draws `(batch, *shape)` numbers from [0, 1)."""
        for change in self.changes:
            images = change(images, uniform)
        return images


def _color(x: Tensor, uniform: Uniform) -> Tensor:
    x = x + uniform(1, 1, 1) - 0.5
    mean = x.mean(1, keepdim=True)
    x = mean + (x - mean) * 2 * uniform(1, 1, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (0.5 + uniform(1, 1, 1))


def _translation(x: Tensor, uniform: Uniform) -> Tensor:
    batch, _, height, width = x.shape
    most = ((height + 4) // 8, (width + 4) // 8)
    padded = pad(x, (most[1], most[1], most[0], most[0])).permute(0, 2, 3, 1)
    rows = torch.arange(height, device=x.device) + _whole(uniform(1), 2 * most[0] + 1)
    columns = torch.arange(width, device=x.device) + _whole(uniform(1), 2 * most[1] + 1)
    item = torch.arange(batch, device=x.device)
    return padded[item[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(x: Tensor, uniform: Uniform) -> Tensor:
    inside = []
    for axis in (2, 3):
        side = x.shape[axis]
        cut = (side + 1) // 2
        first = _whole(uniform(1), side + 1 - cut % 2) - cut // 2  # the centre may be anywhere, so that a part may lie outside
        place = torch.arange(side, device=x.device)
        inside.append((place >= first) & (place < first + cut))
    hole = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return x.masked_fill(hole, 0)


def _whole(uniform: Tensor, count: int) -> Tensor:
    """Whole numbers below `count`, one for each."""
    return (uniform * count).long()


CHANGES = {"color": _color, "translation": _translation, "cutout": _cutout}
