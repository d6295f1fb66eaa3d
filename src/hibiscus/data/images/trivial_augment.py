r"""TrivialAugment: one random operation of random strength for each image, with nothing to tune.

    operation ~ uniform over 14,    strength = k / 30,  k ~ uniform over 0 .. 30,    sign ~ uniform over ±1

The operations are Pillow's: identity, autocontrast, equalize, rotate, solarize, color, posterize, contrast,
brightness, sharpness, and shearing and translation along x and y.

Reference: Müller and Hutter, "TrivialAugment: Tuning-free yet state-of-the-art data augmentation", 2021,
    arXiv 2103.10158, table 5.

Differences from the paper: images are sampled bilinearly, and pixels outside the image are filled by the
padding mode; shearing is about the center. The wide ranges of the paper apply to color images; grayscale
images, often characters, take its smaller ranges, with rotations of up to 30 degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.data.batch import Augmentation
from hibiscus.data.images import pixel_operations as pixels
from hibiscus.data.images.augment import SAMPLING
from hibiscus.data.images.windows import memory_format
from hibiscus.sharding import global_rows, local_rows

__all__ = ["OPERATIONS", "SMALL", "WIDE", "Ranges", "TrivialAugment", "apply_operation"]

OPERATIONS = (
    *("identity", "autocontrast", "equalize", "rotate", "solarize", "color", "posterize", "contrast"),
    *("brightness", "sharpness", "shear_x", "shear_y", "translate_x", "translate_y"),
)
GEOMETRIC = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")
ENHANCE = {
    "color": pixels.change_color,
    "contrast": pixels.change_contrast,
    "brightness": pixels.change_brightness,
    "sharpness": pixels.change_sharpness,
}
STRENGTHS = 30


@dataclass(frozen=True)
class Ranges:
    """The largest change of each operation.

    Args:
        rotate: in degrees.
        shear: in pixels per row or column.
        translate: in pixels; at most the side of the image.
        enhance: change of the factor of color, contrast, brightness and sharpness from 1.
        posterize: bits that are cleared.
    """

    rotate: float
    shear: float
    translate: float
    enhance: float
    posterize: int


SMALL = Ranges(rotate=30, shear=0.3, translate=10, enhance=0.9, posterize=4)
WIDE = Ranges(rotate=135, shear=0.99, translate=32, enhance=0.99, posterize=6)


class TrivialAugment:
    """Batched TrivialAugment, random for each image: equal generator state, equal batch.

    Args:
        before: flips and crops, applied first.
        padding_mode: how pixels outside the image are filled: "zero", "nearest" or "reflect".

    Shapes:
        images (batch, channels, height, width), floating point, in [0, 1]; returns the same shape, dtype and
        memory format.
    """

    active = True

    def __init__(self, before: Augmentation, padding_mode: str = "zero"):
        self.before, self.padding_mode = before, padding_mode

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """A new batch; `images` is never modified in place."""
        images = self.before(images, generator)
        ranges = WIDE if images.shape[1] == 3 else SMALL
        uniform = torch.rand(3, global_rows(len(images)), generator=generator, device=generator.device)
        operation, strength, sign = local_rows(uniform, axis=1)
        chosen = (operation * len(OPERATIONS)).long().clamp_max(len(OPERATIONS) - 1)
        strength = (strength * (STRENGTHS + 1)).floor().clamp_max(STRENGTHS) / STRENGTHS
        strength = strength.to(images.device)
        signed = torch.where(sign.to(images.device) < 0.5, -strength, strength)
        result = images.clone()
        for number in chosen.unique().tolist():
            rows = (chosen == number).nonzero()[:, 0].to(images.device)
            name = OPERATIONS[number]
            amount = signed[rows] if name in GEOMETRIC or name in ENHANCE else strength[rows]
            result[rows] = apply_operation(name, images[rows], amount, ranges, self.padding_mode)
        return result.contiguous(memory_format=memory_format(images))


def apply_operation(
    name: str, images: Tensor, strength: Tensor, ranges: Ranges, padding_mode: str = "zero"
) -> Tensor:
    """A batch after one operation.

    Args:
        name: one of `OPERATIONS`.
        images: floating point (batch, channels, height, width), in [0, 1].
        strength: of each image, (batch,); from -1 to 1 for operations with two directions, else from 0.
        ranges: the change at strength 1.
        padding_mode: how pixels outside the image are filled: "zero", "nearest" or "reflect".
    """
    if name == "identity":
        return images
    if name == "autocontrast":
        return pixels.autocontrast(images)
    if name == "equalize":
        return pixels.equalize(images)
    if name == "solarize":
        return pixels.solarize(images, 256 * (1 - strength))
    if name == "posterize":
        return pixels.posterize(images, 8 - (ranges.posterize * strength).round().long())
    if name in ENHANCE:
        return ENHANCE[name](images, 1 + ranges.enhance * strength)
    return _moved(name, images, strength, ranges, padding_mode)


def _moved(name: str, images: Tensor, strength: Tensor, ranges: Ranges, padding_mode: str) -> Tensor:
    """A geometric operation: output pixel (x, y) is read from matrix (x, y) + offset, about the center."""
    height, width = images.shape[2:]
    matrix = torch.eye(2, device=images.device).repeat(len(images), 1, 1)
    offset = torch.zeros(len(images), 2, device=images.device)
    if name == "rotate":
        angle = strength * math.radians(ranges.rotate)
        matrix[:, 0, 0] = matrix[:, 1, 1] = angle.cos()
        matrix[:, 0, 1], matrix[:, 1, 0] = -angle.sin(), angle.sin()
    elif name == "shear_x":
        matrix[:, 0, 1] = strength * ranges.shear
    elif name == "shear_y":
        matrix[:, 1, 0] = strength * ranges.shear
    else:
        axis = 0 if name == "translate_x" else 1
        offset[:, axis] = strength * min(ranges.translate, (width, height)[axis])
    # From pixels to the [-1, 1] of affine_grid, where each side has length 2.
    matrix[:, 0, 1] *= height / width
    matrix[:, 1, 0] *= width / height
    offset = offset * torch.tensor([2 / width, 2 / height], device=images.device)
    theta = torch.cat([matrix, offset[:, :, None]], 2)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    mode = SAMPLING[padding_mode]
    moved = functional.grid_sample(images.float(), grid, "bilinear", mode, align_corners=False)
    return moved.clamp_(0, 1).to(images.dtype)
