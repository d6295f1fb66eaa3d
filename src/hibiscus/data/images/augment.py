r"""Random changes to whole batches of images, for training only.

Each output pixel (x, y), counted from the centre, is read from

    source = M (F (x, y) + d),    M = rotation(angle) [[1, shear], [0, 1]] / zoom

with F the flips and d the whole-pixel offset of `shift` and `crop`. Without rotation, zoom and shear, M is the identity and
whole rows are copied; otherwise one bilinear sampling does everything at once. Then brightness and contrast:

    y = (1 + b) (mean + (x - mean) (1 + c)), clamped to [0, 1],    mean over the image

and last one erased square. A mask is gathered or sampled at the same places, by the nearest pixel, and is ignored where an image ends
or is erased. Augmented images stay correlated with their originals, so a network still wants dropout.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, overload

import torch
from torch.nn import functional

from hibiscus.data.images.ranges import BELOW_ONE, check_number, check_switch
from hibiscus.data.masks.preparation import IGNORED
from hibiscus.errors import ConfigError, DataError, nearest

__all__ = ["Augment", "memory_format"]

SAMPLING = {"zero": "zeros", "nearest": "border", "reflect": "reflection"}
# One column of uniform numbers per decision, drawn always, so that switching one on leaves the others' draws as they were.
DRAWS = ("shift_y", "shift_x", "crop_y", "crop_x", "flip_x", "flip_y", "rotation", "zoom", "shear", "brightness", "contrast")
DRAWS = (*DRAWS, "cutout_y", "cutout_x")


@dataclasses.dataclass(frozen=True)
class Augment:
    """Batched augmentation, drawn anew for each image: the same generator state gives the same batch.

    Args:
        translate: most offset as a share of the side, 0 to below 1, rounded to whole pixels.
        crop: pixels of padding before a random crop of the old size, from 0.
        flip: mirror left and right with probability 1/2.
        vertical_flip: mirror top and bottom with probability 1/2.
        rotation: most degrees either way, 0 to 180.
        scale_range: magnify by a factor from 1 - scale_range to 1 + scale_range, 0 to below 1.
        shear: most sideways pixels per row, 0 to 1.
        brightness: most relative change, 0 to 1.
        contrast: most relative change about the image's mean, 0 to 1.
        cutout: side in pixels of a square set to 0, its centre anywhere in the image; 0 for none.
        padding_mode: what lies outside the image: "zero", "nearest" (the edge pixel) or "reflect" (mirrored, edge pixel twice).

    Shapes:
        images (batch, channels, height, width), floating, in [0, 1]; returns the same shape, dtype and memory format.

    Raises:
        ConfigError: an argument out of its range, or a crop or cutout as large as the images.
        DataError: images that are not a floating tensor of four axes.
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
        tops = {"translate": BELOW_ONE, "rotation": 180.0, "scale_range": BELOW_ONE, "shear": 1.0, "brightness": 1.0, "contrast": 1.0}
        for name, top in tops.items():
            check_number(name, getattr(self, name), 0, top)
        for name in ("crop", "cutout"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ConfigError(f"{name}={value!r}", "a whole number of pixels from 0", f"{name}=0 switches it off")
        for name in ("flip", "vertical_flip"):
            check_switch(name, getattr(self, name))
        if self.padding_mode not in SAMPLING:
            raise ConfigError(f"padding_mode={self.padding_mode!r}", "zero, nearest or reflect", nearest(str(self.padding_mode), SAMPLING))

    @property
    def active(self) -> bool:
        """Whether anything is switched on."""
        return any(getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "padding_mode")

    @overload
    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor: ...
    @overload
    def __call__(self, images: torch.Tensor, generator: torch.Generator, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]: ...

    def __call__(self, images: torch.Tensor, generator: torch.Generator, masks: torch.Tensor | None = None) -> Any:
        """A new batch; `images` itself where nothing is switched on. It is never changed in place.

        Args:
            images: the images.
            generator: of the random numbers.
            masks: uint8 (batch, height, width), changed along with the images and returned beside them.
        """
        images, masks = self._changed(images, generator, masks)
        return images if masks is None else (images, masks)

    def _changed(
        self, images: torch.Tensor, generator: torch.Generator, masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        if not isinstance(images, torch.Tensor) or images.ndim != 4 or not images.is_floating_point():
            found = f"{images.dtype} {tuple(images.shape)}" if isinstance(images, torch.Tensor) else type(images).__name__
            raise DataError(f"images: {found}", "floating (batch, channels, height, width) in [0, 1]", "divide uint8 by 255")
        if not self.active or images.numel() == 0:
            return images, masks
        height, width = images.shape[2:]
        if max(self.crop, self.cutout) >= min(height, width):
            found = f"crop={self.crop}, cutout={self.cutout} for images of {height} x {width}"
            raise ConfigError(found, "less than the shorter side", "make them smaller")
        # One draw, on the generator's own device: a CPU generator gives a GPU batch the same numbers.
        uniform = torch.rand(len(DRAWS), len(images), generator=generator, device=generator.device).to(images.device)
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
        mirror_x, mirror_y = (draws["flip_x"] < 0.5) & self.flip, (draws["flip_y"] < 0.5) & self.vertical_flip
        if self.rotation or self.scale_range or self.shear:
            grid = self._grid(images, draws, (right, down), (mirror_x, mirror_y))
            return self._sampled(images, grid), None if masks is None else self._sampled_mask(masks, grid)
        if self.translate or self.crop or self.flip or self.vertical_flip:
            margin = round(self.translate * height) + self.crop, round(self.translate * width) + self.crop
            rows = torch.arange(height, device=images.device)
            rows = torch.where(mirror_y[:, None], height - 1 - rows, rows) + (down + margin[0])[:, None]  # (batch, height)
            # A mirrored image is read from the mirrored batch, which lies behind the batch itself.
            place = torch.arange(len(images), device=images.device) + len(images) * mirror_x
            left = torch.where(mirror_x, -right, right) + margin[1]

            def moved(stack: torch.Tensor, outside: int | None) -> torch.Tensor:
                stack = _padded(stack, margin, self.padding_mode, outside)
                return _windows(torch.cat([stack, stack.flip(3)]) if self.flip else stack, place, rows, left, width)

            return moved(images, None), None if masks is None else moved(masks[:, None], IGNORED)[:, 0]
        return images, masks

    def _grid(
        self,
        images: torch.Tensor,
        draws: dict[str, torch.Tensor],
        offset: tuple[torch.Tensor, torch.Tensor],
        mirror: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Where each pixel is read from, for rotation, zoom, shear, flips and offsets together: (batch, height, width, 2)."""
        height, width = images.shape[2:]
        angle = _signed(draws["rotation"]) * math.radians(self.rotation)
        scale = 1 / (1 + _signed(draws["zoom"]) * self.scale_range)
        shear = _signed(draws["shear"]) * self.shear
        cos, sin = angle.cos() * scale, angle.sin() * scale
        m00, m01, m10, m11 = cos, cos * shear - sin, sin, sin * shear + cos
        x_sign, y_sign = 1 - 2 * mirror[0].float(), 1 - 2 * mirror[1].float()
        # From pixels about the centre to the [-1, 1] of affine_grid, where a side is 2 long whatever its pixels.
        top = (m00 * x_sign, m01 * y_sign * height / width, (m00 * offset[0] + m01 * offset[1]) * 2 / width)
        low = (m10 * x_sign * width / height, m11 * y_sign, (m10 * offset[0] + m11 * offset[1]) * 2 / height)
        theta = torch.stack([torch.stack(top, 1), torch.stack(low, 1)], 1)  # (batch, 2, 3)
        return functional.affine_grid(theta, list(images.shape), align_corners=False)

    def _sampled(self, images: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        """One bilinear sampling."""
        # float32 throughout: a bf16 grid is off by pixels.
        moved = functional.grid_sample(images.float(), grid, "bilinear", SAMPLING[self.padding_mode], align_corners=False)
        return moved.clamp_(0, 1).to(images.dtype).contiguous(memory_format=memory_format(images))

    @staticmethod
    def _sampled_mask(masks: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        """The class of the nearest pixel; ignored beyond the image, whatever the fill: a mirrored edge teaches nothing true."""
        known = functional.grid_sample(masks[:, None].float() - IGNORED, grid, "nearest", "zeros", align_corners=False)
        return (known[:, 0] + IGNORED).to(masks.dtype)

    def _relit(self, images: torch.Tensor, draws: dict[str, torch.Tensor]) -> torch.Tensor:
        """Brightness and contrast as one multiplication and one addition per image."""
        brightness = (1 + _signed(draws["brightness"]) * self.brightness)[:, None, None, None]
        contrast = (1 + _signed(draws["contrast"]) * self.contrast)[:, None, None, None]
        mean = images.float().mean((1, 2, 3), keepdim=True)
        gain, lift = (brightness * contrast).to(images.dtype), (brightness * mean * (1 - contrast)).to(images.dtype)
        return torch.addcmul(lift, images, gain).clamp_(0, 1)

    def _erased(
        self, images: torch.Tensor, draws: dict[str, torch.Tensor], masks: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """A square of zeros; centres near the edge leave part of it outside."""
        hit = []
        for name, side in (("cutout_y", images.shape[2]), ("cutout_x", images.shape[3])):
            start = (draws[name] * side).long().clamp_(max=side - 1)[:, None] - self.cutout // 2
            index = torch.arange(side, device=images.device)
            hit.append((index >= start) & (index < start + self.cutout))  # (batch, side)
        erased = hit[0][:, :, None] & hit[1][:, None, :]
        return images.masked_fill(erased[:, None], 0), None if masks is None else masks.masked_fill(erased, IGNORED)


def _signed(uniform: torch.Tensor) -> torch.Tensor:
    """[0, 1) to [-1, 1)."""
    return 2 * uniform - 1


def _whole(uniform: torch.Tensor, most: int) -> torch.Tensor:
    """[0, 1) to whole numbers from -most to most, each as likely."""
    return (uniform * (2 * most + 1)).long().clamp_(max=2 * most) - most  # the clamp: float32 may round up to the end


def memory_format(images: torch.Tensor) -> torch.memory_format:
    """Whether a batch lies channels-last; contiguous where both would do."""
    is_last = images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
    return torch.channels_last if is_last else torch.contiguous_format


def _padded(images: torch.Tensor, margin: tuple[int, int], fill: str, outside: int | None) -> torch.Tensor:
    """The batch with `margin` rows above and below and columns left and right, filled; with `outside` where that is a number."""
    if margin == (0, 0):
        return images
    if fill == "zero" or outside is not None:
        return functional.pad(images, (margin[1], margin[1], margin[0], margin[0]), value=outside or 0)
    form = memory_format(images)
    for axis, width in ((2, margin[0]), (3, margin[1])):
        side = images.shape[axis]
        index = torch.arange(-width, side + width, device=images.device)
        if fill == "reflect":
            index = index.remainder(2 * side)  # period: there and back, the edge pixel twice
            index = torch.minimum(index, 2 * side - 1 - index)
        images = images.index_select(axis, index.clamp(0, side - 1))
    return images.contiguous(memory_format=form)


def _windows(images: torch.Tensor, place: torch.Tensor, rows: torch.Tensor, left: torch.Tensor, width: int) -> torch.Tensor:
    """images[place[b], :, rows[b], left[b] : left[b] + width], keeping the memory format.

    Whole rows are copied, several times as fast as pixel by pixel: each is a window on the memory as one long line.

    Args:
        images: `(any, channels, any, any)`.
        place: int64 `(batch,)`.
        rows: int64 `(batch, height)`.
        left: int64 `(batch,)`.
        width: of the result `(batch, channels, height, width)`.
    """
    last = memory_format(images) is torch.channels_last
    # (images, planes, height, width, values of a pixel) as they lie in memory.
    stored = images.permute(0, 2, 3, 1)[:, None] if last else images.contiguous()[..., None]
    planes, high, wide, values = stored.shape[1:]
    plane = place[:, None] * planes + torch.arange(planes, device=images.device)
    starts = (plane[:, :, None] * high + rows[:, None]) * wide + left[:, None, None]  # (batch, planes, height)
    line = stored.reshape(-1)
    windows = line.as_strided((len(line) // values - width + 1, width * values), (values, 1))
    found = windows.index_select(0, starts.view(-1)).view(*starts.shape, width, values)
    return found[:, 0].permute(0, 3, 1, 2) if last else found[..., 0]
