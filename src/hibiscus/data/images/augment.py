r"""Augmentation of batches of images, for training only.

Each output pixel (x, y), relative to the center, is read from

    source = M (F (x, y) + d),    M = rotation(angle) [[1, shear], [0, 1]] / scale

with F the flips and d the offset of `translate` and `crop` in whole pixels. Without rotation, scaling and
shear, M is the identity and whole rows are copied; otherwise a single bilinear sampling does everything. Then
brightness and contrast are changed,

    y = (1 + b) (mean + (x - mean) (1 + c)), clamped to [0, 1],    mean over the image

and finally one square is erased. A mask is transformed in the same way with nearest-neighbor sampling; it is
ignored outside the image and where it is erased. Augmented images remain correlated with their originals, so
a network still benefits from dropout.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, overload

import torch
from torch.nn import functional

from hibiscus.data.dataset import IGNORED
from hibiscus.data.images.windows import copy_windows, memory_format, pad_batch
from hibiscus.errors import ConfigError, DataError, nearest
from hibiscus.sharding import global_rows, local_rows

__all__ = ["BELOW_ONE", "Augment", "check_number", "check_switch"]

BELOW_ONE = math.nextafter(1.0, 0.0)  # the largest number below 1
SAMPLING = {"zero": "zeros", "nearest": "border", "reflect": "reflection"}
# One row of uniform numbers per decision, always drawn, so that enabling one does not change the others.
DRAWS = (
    "shift_y",
    "shift_x",
    "crop_y",
    "crop_x",
    "flip_x",
    "flip_y",
    "rotation",
    "zoom",
    "shear",
    "brightness",
    "contrast",
)
DRAWS = (*DRAWS, "cutout_y", "cutout_x")


@dataclasses.dataclass(frozen=True)
class Augment:
    """Batched augmentation, random for each image: equal generator state, equal batch.

    Args:
        translate: largest offset as a fraction of the side, 0 to below 1, rounded to whole pixels.
        crop: padding in pixels before a random crop of the original size, from 0.
        flip: flip horizontally with probability 1/2.
        vertical_flip: flip vertically with probability 1/2.
        rotation: largest rotation in degrees in either direction, 0 to 180.
        scale_range: scale by a factor from 1 - scale_range to 1 + scale_range, 0 to below 1.
        shear: largest horizontal offset in pixels per row, 0 to 1.
        brightness: largest relative change, 0 to 1.
        contrast: largest relative change about the mean of the image, 0 to 1.
        cutout: side in pixels of a square set to 0, centered anywhere in the image; 0 for none.
        padding_mode: the pixels outside the image: "zero", "nearest" (edge pixel) or "reflect" (edge pixel
            twice).

    Shapes:
        images (batch, channels, height, width), floating point, in [0, 1]; returns the same shape, dtype and
        memory format.

    Raises:
        ConfigError: an argument out of range, or a crop or cutout as large as the images.
        DataError: images that are not a floating-point tensor with four dimensions.
    """

    translate: float = 0.0
    crop: int = 0
    flip: bool = False
    vertical_flip: bool = False
    rotation: float = 0.0
    scale_range: float = 0.0
    shear: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    cutout: int = 0
    padding_mode: str = "zero"

    def __post_init__(self) -> None:
        limits = {
            "translate": BELOW_ONE, "rotation": 180.0, "scale_range": BELOW_ONE,
            "shear": 1.0, "brightness": 1.0, "contrast": 1.0,
        }  # fmt: skip
        for name, limit in limits.items():
            check_number(name, getattr(self, name), 0, limit)
        for name in ("crop", "cutout"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ConfigError(f"{name}={value!r}", "a number of pixels from 0", f"{name}=0 disables it")
        for name in ("flip", "vertical_flip"):
            check_switch(name, getattr(self, name))
        if self.padding_mode not in SAMPLING:
            hint = nearest(str(self.padding_mode), SAMPLING)
            raise ConfigError(f"padding_mode={self.padding_mode!r}", "zero, nearest or reflect", hint)

    @property
    def active(self) -> bool:
        """Whether any augmentation is enabled."""
        return any(
            getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "padding_mode"
        )

    @overload
    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor: ...
    @overload
    def __call__(
        self, images: torch.Tensor, generator: torch.Generator, masks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]: ...

    def __call__(
        self, images: torch.Tensor, generator: torch.Generator, masks: torch.Tensor | None = None
    ) -> Any:
        """A new batch; `images` itself if nothing is enabled. It is never modified in place.

        Args:
            images: the images.
            generator: the source of random numbers.
            masks: uint8 (batch, height, width), transformed with the images and returned beside them.
        """
        images, masks = self._changed(images, generator, masks)
        return images if masks is None else (images, masks)

    def _changed(
        self, images: torch.Tensor, generator: torch.Generator, masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        if not isinstance(images, torch.Tensor) or images.ndim != 4 or not images.is_floating_point():
            received = (
                f"{images.dtype} {tuple(images.shape)}"
                if isinstance(images, torch.Tensor)
                else type(images).__name__
            )
            expected = "floating point (batch, channels, height, width) in [0, 1]"
            raise DataError(f"images: {received}", expected, "divide uint8 by 255")
        if not self.active or images.numel() == 0:
            return images, masks
        height, width = images.shape[2:]
        if max(self.crop, self.cutout) >= min(height, width):
            received = f"crop={self.crop}, cutout={self.cutout} for images of {height} x {width}"
            raise ConfigError(received, "less than the shorter side", "reduce them")
        # One draw, on the device of the generator: a CPU generator gives a GPU batch the same numbers.
        shape = (len(DRAWS), global_rows(len(images)))
        uniform = torch.rand(*shape, generator=generator, device=generator.device).to(images.device)
        uniform = local_rows(uniform, axis=1)
        draws: dict[str, torch.Tensor] = dict(zip(DRAWS, uniform, strict=True))
        images, masks = self._moved(images, draws, masks)
        if self.brightness or self.contrast:
            images = self._relit(images, draws)
        return self._erased(images, draws, masks) if self.cutout else (images, masks)

    def _moved(
        self, images: torch.Tensor, draws: dict[str, torch.Tensor], masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Everything geometric."""
        height, width = images.shape[2:]
        down = _whole(draws["shift_y"], round(self.translate * height)) + _whole(draws["crop_y"], self.crop)
        right = _whole(draws["shift_x"], round(self.translate * width)) + _whole(draws["crop_x"], self.crop)
        flip_x, flip_y = (draws["flip_x"] < 0.5) & self.flip, (draws["flip_y"] < 0.5) & self.vertical_flip
        if self.rotation or self.scale_range or self.shear:
            grid = self._grid(images, draws, (right, down), (flip_x, flip_y))
            return self._sampled(images, grid), None if masks is None else self._sampled_mask(masks, grid)
        if self.translate or self.crop or self.flip or self.vertical_flip:
            margin = round(self.translate * height) + self.crop, round(self.translate * width) + self.crop
            rows = torch.arange(height, device=images.device)
            rows = (
                torch.where(flip_y[:, None], height - 1 - rows, rows) + (down + margin[0])[:, None]
            )  # (batch, height)
            # A flipped image is read from the flipped batch, which is concatenated to the batch.
            index = torch.arange(len(images), device=images.device) + len(images) * flip_x
            left = torch.where(flip_x, -right, right) + margin[1]

            def moved(stack: torch.Tensor, value: int | None) -> torch.Tensor:
                stack = pad_batch(stack, margin, self.padding_mode, value)
                return copy_windows(
                    torch.cat([stack, stack.flip(3)]) if self.flip else stack, index, rows, left, width
                )

            return moved(images, None), None if masks is None else moved(masks[:, None], IGNORED)[:, 0]
        return images, masks

    def _grid(
        self,
        images: torch.Tensor,
        draws: dict[str, torch.Tensor],
        offset: tuple[torch.Tensor, torch.Tensor],
        flip: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """The source of each pixel, for all geometric changes together: (batch, height, width, 2)."""
        height, width = images.shape[2:]
        angle = _signed(draws["rotation"]) * math.radians(self.rotation)
        scale = 1 / (1 + _signed(draws["zoom"]) * self.scale_range)
        shear = _signed(draws["shear"]) * self.shear
        cos, sin = angle.cos() * scale, angle.sin() * scale
        m00, m01, m10, m11 = cos, cos * shear - sin, sin, sin * shear + cos
        x_sign, y_sign = 1 - 2 * flip[0].float(), 1 - 2 * flip[1].float()
        # From pixels about the center to the [-1, 1] of affine_grid, where each side has length 2.
        top = (m00 * x_sign, m01 * y_sign * height / width, (m00 * offset[0] + m01 * offset[1]) * 2 / width)
        low = (m10 * x_sign * width / height, m11 * y_sign, (m10 * offset[0] + m11 * offset[1]) * 2 / height)
        theta = torch.stack([torch.stack(top, 1), torch.stack(low, 1)], 1)  # (batch, 2, 3)
        return functional.affine_grid(theta, list(images.shape), align_corners=False)

    def _sampled(self, images: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        """One bilinear sampling."""
        # float32 throughout: a bf16 grid is off by pixels.
        mode = SAMPLING[self.padding_mode]
        moved = functional.grid_sample(images.float(), grid, "bilinear", mode, align_corners=False)
        return moved.clamp_(0, 1).to(images.dtype).contiguous(memory_format=memory_format(images))

    @staticmethod
    def _sampled_mask(masks: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        """The class of the nearest pixel; ignored outside the image in any padding mode."""
        known = functional.grid_sample(
            masks[:, None].float() - IGNORED, grid, "nearest", "zeros", align_corners=False
        )
        return (known[:, 0] + IGNORED).to(masks.dtype)

    def _relit(self, images: torch.Tensor, draws: dict[str, torch.Tensor]) -> torch.Tensor:
        """Brightness and contrast as one multiplication and one addition per image."""
        brightness = (1 + _signed(draws["brightness"]) * self.brightness)[:, None, None, None]
        contrast = (1 + _signed(draws["contrast"]) * self.contrast)[:, None, None, None]
        mean = images.float().mean((1, 2, 3), keepdim=True)
        gain, lift = (
            (brightness * contrast).to(images.dtype),
            (brightness * mean * (1 - contrast)).to(images.dtype),
        )
        return torch.addcmul(lift, images, gain).clamp_(0, 1)

    def _erased(
        self, images: torch.Tensor, draws: dict[str, torch.Tensor], masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """A square of zeros; if its center is near the edge, part of it lies outside."""
        hit = []
        for name, side in (("cutout_y", images.shape[2]), ("cutout_x", images.shape[3])):
            start = (draws[name] * side).long().clamp_(max=side - 1)[:, None] - self.cutout // 2
            index = torch.arange(side, device=images.device)
            hit.append((index >= start) & (index < start + self.cutout))  # (batch, side)
        erased = hit[0][:, :, None] & hit[1][:, None, :]
        return images.masked_fill(erased[:, None], 0), None if masks is None else masks.masked_fill(
            erased, IGNORED
        )


def _signed(uniform: torch.Tensor) -> torch.Tensor:
    """[0, 1) to [-1, 1)."""
    return 2 * uniform - 1


def _whole(uniform: torch.Tensor, limit: int) -> torch.Tensor:
    """[0, 1) to integers from -limit to limit with equal probability."""
    return (uniform * (2 * limit + 1)).long().clamp_(
        max=2 * limit
    ) - limit  # clamped, as float32 may round up to the end


def check_number(name: str, value: Any, low: float, high: float) -> None:
    """Accepts a number from `low`, at which the option has no effect, to `high`.

    Raises:
        ConfigError: it is not a number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        limit = "below 1" if high == BELOW_ONE else f"{high:g}"
        raise ConfigError(
            f"{name}={value!r}", f"a number from {low:g} to {limit}", f"{name}={low:g} disables it"
        )


def check_switch(name: str, value: Any) -> None:
    """Accepts True and False.

    Raises:
        ConfigError: anything else.
    """
    if not isinstance(value, bool):
        raise ConfigError(f"{name}={value!r}", "True or False", f"{name}=False disables it")
