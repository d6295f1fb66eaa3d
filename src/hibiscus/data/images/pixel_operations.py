"""Operations of Pillow on the colors of images, for whole batches: the same values up to one of 255 levels.

Images are floating point `(batch, channels, height, width)` in [0, 1], grayscale or RGB; all operations
return a new batch. Operations on levels (equalize, posterize, solarize) first round to the levels of a byte.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "autocontrast",
    "change_brightness",
    "change_color",
    "change_contrast",
    "change_sharpness",
    "equalize",
    "posterize",
    "solarize",
]

LUMA = (0.299, 0.587, 0.114)  # ITU-R 601


def autocontrast(images: Tensor) -> Tensor:
    """Each channel of an image stretched to [0, 1]; a constant channel stays as it is."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    stretched = (images - low) / (high - low).clamp_min(torch.finfo(images.dtype).tiny)
    return torch.where(high > low, stretched, images)


def equalize(images: Tensor) -> Tensor:
    """Each channel with a histogram that is as even as possible, by Pillow's integer rule."""
    levels = _levels(images)
    batch, channels, height, width = images.shape
    planes = torch.arange(batch * channels, device=images.device)[:, None] * 256
    index = levels.reshape(batch * channels, -1) + planes
    counts = torch.bincount(index.flatten(), minlength=256 * batch * channels).view(-1, 256)
    highest = 255 - counts.flip(1).ne(0).int().argmax(1, keepdim=True)  # the last level that occurs
    step = (height * width - counts.gather(1, highest)) // 255
    before = counts.cumsum(1) - counts
    table = ((step // 2 + before) // step.clamp_min(1)).clamp_max(255)
    table = torch.where(step > 0, table, torch.arange(256, device=images.device))
    return (table.flatten()[index] / 255).view_as(levels).to(images.dtype)


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """The `bits` (batch,) highest of the 8 bits of each value, 1 to 8."""
    step = 2 ** (8 - bits.view(-1, 1, 1, 1))
    levels = _levels(images)
    return (levels - levels % step).to(images.dtype) / 255


def solarize(images: Tensor, threshold: Tensor) -> Tensor:
    """Values of at least the threshold (batch,), in levels from 0 to 256, inverted."""
    levels = _levels(images)
    inverted = torch.where(levels < threshold.view(-1, 1, 1, 1), levels, 255 - levels)
    return inverted.to(images.dtype) / 255


def change_brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Between black (factor (batch,) of 0) and the image (1), and beyond."""
    return (images * factor.view(-1, 1, 1, 1)).clamp_(0, 1)


def change_color(images: Tensor, factor: Tensor) -> Tensor:
    """Between gray (factor (batch,) of 0) and the image (1), and beyond; grayscale images stay."""
    return images.clone() if images.shape[1] == 1 else _blend(_luma(images), images, factor)


def change_contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Between the mean luma (factor (batch,) of 0) and the image (1), and beyond."""
    return _blend(_luma(images).mean((1, 2, 3), keepdim=True), images, factor)


def change_sharpness(images: Tensor, factor: Tensor) -> Tensor:
    """Between a 3x3 smoothing (factor (batch,) of 0) and the image (1), and beyond; edge pixels stay."""
    if min(images.shape[2:]) < 3:
        return images.clone()
    channels = images.shape[1]
    kernel = torch.ones(channels, 1, 3, 3, dtype=images.dtype, device=images.device)
    kernel[:, :, 1, 1] = 5
    smooth = images.clone()
    smooth[:, :, 1:-1, 1:-1] = functional.conv2d(images, kernel / 13, groups=channels)
    return _blend(smooth, images, factor)


def _blend(start: Tensor, end: Tensor, factor: Tensor) -> Tensor:
    return (start + (end - start) * factor.view(-1, 1, 1, 1)).clamp_(0, 1)


def _luma(images: Tensor) -> Tensor:
    """The gray image of each image, (batch, 1, height, width)."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMA, dtype=images.dtype, device=images.device).view(1, 3, 1, 1)
    return (images[:, :3] * weights).sum(1, keepdim=True)


def _levels(images: Tensor) -> Tensor:
    return (images.clamp(0, 1) * 255).round_().long()
