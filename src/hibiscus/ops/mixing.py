r"""Mixup and CutMix: a batch in which every image is mixed with another one, and its loss.

    mixup:   images = share images + (1 - share) images[partner]
    CutMix:  a box of the images is that of images[partner];  share = 1 - area(box) / area(image)
    loss   = share loss(target) + (1 - share) loss(target[partner])

with `share ~ Beta(alpha, alpha)` for the whole batch; in CutMix, it is the share before the box is cut off at
the edges. Every loss that is linear in the target, such as the cross-entropy with class weights or label
smoothing, thereby equals that of the soft target `share target + (1 - share) target[partner]`.

The partner is found by rotating the batch, whose order is random. If several processes divide a batch, each
mixes the images of its shard.

Reference: Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018, arXiv 1710.09412; Yun et al.,
    "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019,
    arXiv 1905.04899.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Mix", "cutmix", "mix_images", "mixed_loss", "mixup"]


@dataclass(frozen=True)
class Mix:
    """A batch of mixed images.

    Args:
        images: (batch, channels, height, width).
        partner: the second item of each image, (batch,).
        share: the weight of the first item, in [0, 1].
    """

    images: Tensor
    partner: Tensor
    share: float


def mix_images(images: Tensor, mixup_alpha: float, cutmix_alpha: float) -> Mix:
    """Mixes a batch by random numbers of PyTorch's default CPU generator.

    Args:
        images: floating point (batch, channels, height, width).
        mixup_alpha: of the Beta distribution of mixup, 0 for no mixup.
        cutmix_alpha: of the Beta distribution of CutMix, 0 for no CutMix; with both, each batch takes one of
            the two with probability 1/2.
    """
    choice, offset, y, x = torch.rand(4).tolist()  # always drawn, so that all processes draw alike
    uses_cutmix = cutmix_alpha > 0 and (not mixup_alpha or choice < 0.5)
    alpha = cutmix_alpha if uses_cutmix else mixup_alpha
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    size = len(images)
    shift = 1 + min(int(offset * (size - 1)), max(0, size - 2))
    partner = (torch.arange(size, device=images.device) + shift) % size
    return cutmix(images, partner, share, (y, x)) if uses_cutmix else mixup(images, partner, share)


def mixup(images: Tensor, partner: Tensor, share: float) -> Mix:
    """Images averaged with those of their partners, with weights `share` and `1 - share`."""
    return Mix(torch.lerp(images[partner], images, share), partner, share)


def cutmix(images: Tensor, partner: Tensor, share: float, center: tuple[float, float]) -> Mix:
    """Images with a box of `1 - share` of the area from their partners, less what lies outside the image.

    Args:
        images: (batch, channels, height, width).
        partner: the second item of each image, (batch,).
        share: the share of the first item before the box is cut off at the edges.
        center: of the box, vertical and horizontal, as fractions of the sides.
    """
    spans = []
    for side, middle in zip(images.shape[2:], center, strict=True):
        half, position = round(side * math.sqrt(1 - share)) / 2, int(middle * side)
        spans.append((max(0, math.ceil(position - half)), min(side, math.ceil(position + half))))
    (top, bottom), (left, right) = spans
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[partner, :, top:bottom, left:right]
    area = (bottom - top) * (right - left) / (images.shape[2] * images.shape[3])
    return Mix(mixed, partner, 1 - area)


def mixed_loss(loss: Callable[[Tensor], Tensor], target: Tensor, mix: Mix | None) -> Tensor:
    """The loss of mixed images, `loss(target)` without a mix.

    Args:
        loss: maps the targets of the batch to a scalar; linear in the target.
        target: (batch, ...).
        mix: what was mixed.
    """
    if mix is None:
        return loss(target)
    return mix.share * loss(target) + (1 - mix.share) * loss(target[mix.partner])
