r"""Augmentation of batches of images together with their bounding boxes, for training only.

A window of a canvas around the image becomes the new image. Output pixel o, in fractions of the sides, is
read from

    source = corner + sides * (F o),    window = zoom_out, then iou_crop in it, then scale_jitter in that

with F the flips and rotations, in a single bilinear sampling; the edges of boxes are transformed by the
inverse. Without a window, pixels are only rearranged and keep their values. Outside the image the canvas has
the mean color of the image. Before all this, colors are changed by

    y = (1 + b) (mean + (C x - mean) (1 + c)), clamped to [0, 1],    C = T^-1 diag(1, (1 + s) rotation(hue)) T

with the mean over the image, and T the matrix from RGB to YIQ: the luma is unchanged, the chroma is rotated
by the hue and scaled by 1 + s.

Reference: Liu et al., "SSD: Single shot multibox detector", 2016, arXiv 1512.02325, sections 2.2 and 3.6.

Differences from the paper: saturation and hue are linear in YIQ, while the authors' code uses HSV; contrast
is relative to the mean of the image and not to black; the aspect ratio of a crop is relative to that of the
image, so it is the distortion of the new image.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.data.dataset import CROWD, PADDING
from hibiscus.data.images.augment import BELOW_ONE, check_number, check_switch
from hibiscus.data.images.color_jitter import jitter_colors
from hibiscus.data.images.windows import edges_in_window, memory_format, nest_windows, place_windows
from hibiscus.errors import ConfigError, DataError
from hibiscus.sharding import global_rows, local_rows

__all__ = ["BoxAugment"]

RANGES = {
    "zoom_out": (1.0, 10.0), "scale_jitter": (0.0, BELOW_ONE), "aspect_jitter": (0.0, 3.0),
    "brightness": (0.0, 1.0), "contrast": (0.0, 1.0), "saturation": (0.0, 1.0), "hue": (0.0, 180.0),
    "min_kept": (0.0, 1.0),
}  # fmt: skip
SWITCHES = ("flip", "vertical_flip", "turns", "iou_crop")
# One row of uniform numbers per decision, always drawn, so that enabling one does not change the others.
DRAWS = ("flip_x", "flip_y", "turn", "zoom_out", "zoom_out_x", "zoom_out_y", "overlap", "scale", "aspect")
DRAWS = (*DRAWS, "scale_x", "scale_y", "brightness", "contrast", "saturation", "hue")
MAX_TRIALS = 50  # candidate crops of an image, as many as the authors' code tries
OVERLAPS = (math.inf, 0.0, 0.1, 0.3, 0.5, 0.7, 0.9)  # minimum IoU of a crop; infinity means the whole image
MIN_SIDE, MAX_RATIO = 0.3, 2.0
ROUNDING = 1e-5  # of float32 areas


@dataclasses.dataclass(frozen=True)
class BoxAugment:
    """Batched augmentation of images with boxes, random for each image: equal generator state, equal batch.

    Args:
        flip: flip horizontally with probability 1/2.
        vertical_flip: flip vertically with probability 1/2.
        turns: rotate by 0, 90, 180 or 270 degrees; images that are not square by 0 or 180.
        zoom_out: largest factor by which the image is shrunk onto a canvas, with probability 1/2; 1 to 10, 1
            for none (paper: 4).
        iou_crop: a crop with sides of about 0.3 to 1 of the image's, an aspect ratio of 1/2 to 2, and an
            intersection over union with some box of at least 0, 0.1, 0.3, 0.5, 0.7 or 0.9; or the whole
            image, all with equal probability. Also the whole image if none of 50 crops satisfies this.
        scale_jitter: scale by a factor from 1 - scale_jitter to 1 + scale_jitter, at a random position; 0 to
            below 1.
        aspect_jitter: stretch one side relative to the other by a factor of up to 1 + aspect_jitter; 0 to 3.
        brightness: largest relative change, 0 to 1; this and the next three with probability 1/2 each.
        contrast: largest relative change about the mean of the image, 0 to 1.
        saturation: largest relative change of the chroma, 0 to 1; images with three channels only.
        hue: largest rotation of the chroma in degrees, 0 to 180 (paper: 18); images with three channels only.
        min_kept: a box of which less than this fraction of the area remains becomes padding, as does one
            whose center has left the image; a crowd is kept as long as any part of it is visible.

    Shapes:
        images (batch, channels, height, width), floating point, in [0, 1]; boxes (batch, rows, 5), float32:
        xmin, ymin, xmax, ymax as fractions of the sides, and the class, -1 for padding (edges 0), -2 or less
        for a crowd, which is transformed like an object but not considered when choosing a crop. Returns both
        with the same shapes, dtypes and memory format.

    Raises:
        ConfigError: an argument out of range, or saturation or hue for images without three channels.
        DataError: images or boxes of another dtype or shape.
    """

    flip: bool = False
    vertical_flip: bool = False
    turns: bool = False
    zoom_out: float = 1.0
    iou_crop: bool = False
    scale_jitter: float = 0.0
    aspect_jitter: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    min_kept: float = 0.25

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            check_number(name, getattr(self, name), low, high)
        for name in SWITCHES:
            check_switch(name, getattr(self, name))

    @property
    def active(self) -> bool:
        """Whether any augmentation is enabled."""
        return self.iou_crop or self._has_canvas or self._orients or self._recolors

    @property
    def _has_canvas(self) -> bool:
        """Whether regions outside an image can become visible."""
        return self.zoom_out > 1 or self.scale_jitter > 0 or self.aspect_jitter > 0

    @property
    def _orients(self) -> bool:
        return self.flip or self.vertical_flip or self.turns

    @property
    def _recolors(self) -> bool:
        return any((self.brightness, self.contrast, self.saturation, self.hue))

    def __call__(self, images: Tensor, generator: torch.Generator, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """A new batch, or `images` and `boxes` themselves if nothing is enabled."""
        _check(images, boxes)
        if not self.active or images.numel() == 0:
            return images, boxes
        if (self.saturation or self.hue) and images.shape[1] != 3:
            received = (
                f"saturation={self.saturation}, hue={self.hue} for images of {images.shape[1]} channels"
            )
            fix = "saturation=0 and hue=0 disable them"
            raise ConfigError(received, "images with three channels: red, green, blue", fix)
        layout = memory_format(images)
        # One draw, on the device of the generator: a CPU generator gives a GPU batch the same numbers.
        shape = (len(DRAWS) + 4 * MAX_TRIALS, global_rows(len(images)))
        uniform = torch.rand(*shape, generator=generator, device=generator.device).to(images.device)
        uniform = local_rows(uniform, axis=1)
        draws: dict[str, Tensor] = dict(zip(DRAWS, uniform, strict=False))
        mean = torch.zeros(1)
        if self._has_canvas or self._recolors:
            mean = images.mean((2, 3), dtype=torch.float32)  # (batch, channels)
        if self._recolors:
            images, mean = jitter_colors(images, mean, self._color_changes(draws))
        turned = self._turned(draws, images.shape[2] == images.shape[3])
        if self.iou_crop or self._has_canvas:
            window = self._window(draws, uniform[len(DRAWS) :], boxes)
            edges = edges_in_window(window, boxes)
            images, boxes = self._sampled(images, window, turned, mean), self._kept(edges, boxes, turned)
        elif self._orients:
            images, boxes = self._reordered(images, turned), self._kept(boxes[..., :4], boxes, turned)
        return images.contiguous(memory_format=layout), boxes

    def _color_changes(self, draws: dict[str, Tensor]) -> dict[str, Tensor]:
        """The signed change of each enabled property of the colors, (batch,) each."""
        names = ("brightness", "contrast") + (("saturation", "hue") if self.saturation or self.hue else ())
        return {name: _half(draws[name]) * getattr(self, name) for name in names}

    def _turned(self, draws: dict[str, Tensor], is_square: bool) -> tuple[Tensor, Tensor, Tensor]:
        """For each image: whether rows and columns are exchanged, and whether source x and y are flipped."""
        quarters = (draws["turn"] * 4).long().clamp_(max=3) * self.turns
        if not is_square:
            quarters = quarters // 2 * 2
        across, down = (draws["flip_x"] < 0.5) & self.flip, (draws["flip_y"] < 0.5) & self.vertical_flip
        return quarters % 2 == 1, across ^ ((quarters == 1) | (quarters == 2)), down ^ (quarters >= 2)

    def _window(self, draws: dict[str, Tensor], trials: Tensor, boxes: Tensor) -> Tensor:
        """The visible window: left, top, width, height as fractions of the image's sides, (batch, 4)."""
        ones = torch.ones_like(draws["scale"])
        window = place_windows(ones, ones, ones, ones)
        if self.zoom_out > 1:
            side = 1 + (2 * draws["zoom_out"] - 1).clamp_(min=0) * (self.zoom_out - 1)
            window = place_windows(side, side, draws["zoom_out_x"], draws["zoom_out_y"])
        if self.iou_crop:
            chosen = (draws["overlap"] * len(OVERLAPS)).long().clamp_(max=len(OVERLAPS) - 1)
            min_iou = torch.tensor(OVERLAPS, device=boxes.device)[chosen]
            crop = self._crop(trials, min_iou, edges_in_window(window, boxes), boxes[..., 4] >= 0)
            window = nest_windows(window, crop)
        if self.scale_jitter or self.aspect_jitter:
            side = 1 / (1 + (2 * draws["scale"] - 1) * self.scale_jitter)
            ratio = torch.exp((draws["aspect"] - 0.5) * math.log1p(self.aspect_jitter))
            window = nest_windows(
                window, place_windows(side * ratio, side / ratio, draws["scale_x"], draws["scale_y"])
            )
        return window

    def _crop(self, trials: Tensor, min_iou: Tensor, edges: Tensor, is_object: Tensor) -> Tensor:
        """The first candidate with an IoU of `min_iou` (batch,) or more with an object it keeps; (batch, 4).

        The whole window if there is no such candidate.
        """
        side, ratio, x, y = trials.view(4, MAX_TRIALS, -1).transpose(1, 2)  # (batch, trials) each
        side, ratio = MIN_SIDE + (1 - MIN_SIDE) * side, MAX_RATIO ** (ratio - 0.5)
        crops = place_windows(
            (side * ratio).clamp_(max=1), (side / ratio).clamp_(max=1), x, y
        )  # (batch, trials, 4)
        low, high = crops[:, :, None, :2], crops[:, :, None, :2] + crops[:, :, None, 2:]
        box_low, box_high = edges[:, None, :, :2], edges[:, None, :, 2:]
        overlap = (torch.minimum(high, box_high) - torch.maximum(low, box_low)).clamp_(min=0)
        intersection = overlap.prod(-1)  # (batch, trials, rows)
        area, crop_area = (box_high - box_low).prod(-1), crops[:, :, None, 2:].prod(-1)
        center = (box_low + box_high) / 2
        is_kept = ((center >= low) & (center <= high)).all(-1) & (intersection >= self.min_kept * area)
        iou = intersection / (area + crop_area - intersection)
        is_valid = (is_object[:, None] & is_kept & (iou >= min_iou[:, None, None])).any(-1)  # (batch, trials)
        chosen = crops[torch.arange(len(crops), device=crops.device), is_valid.float().argmax(1)]
        return torch.where(is_valid.any(1)[:, None], chosen, chosen.new_tensor([0.0, 0.0, 1.0, 1.0]))

    def _sampled(
        self, images: Tensor, window: Tensor, turned: tuple[Tensor, Tensor, Tensor], mean: Tensor
    ) -> Tensor:
        """One bilinear sampling of each window, flipped and rotated."""
        is_swapped, across, down = turned
        # A side extends from -1 to 1. Row and column determine the source: five times as fast as affine_grid.
        center = 2 * window[:, :2] + window[:, 2:] - 1
        x_scale = torch.where(across, -window[:, 2], window[:, 2])[:, None]
        y_scale = torch.where(down, -window[:, 3], window[:, 3])[:, None]
        x = x_scale * _pixel_centers(images, 3) + center[:, :1]  # (batch, width)
        y = y_scale * _pixel_centers(images, 2) + center[:, 1:]  # (batch, height)
        if self.turns and images.shape[2] == images.shape[3]:
            swap = is_swapped[:, None, None]
            x, y = torch.where(swap, x[:, :, None], x[:, None]), torch.where(swap, y[:, None], y[:, :, None])
        else:
            x, y = x[:, None], y[:, :, None]
        grid = torch.stack(torch.broadcast_tensors(x, y), -1)  # (batch, height, width, 2)
        # float32, as a bf16 grid is off by pixels. Border padding keeps edges from mixing with the canvas.
        moved = functional.grid_sample(images.float(), grid, "bilinear", "border", align_corners=False)
        if self._has_canvas:
            is_outside = (x.abs() > 1) | (y.abs() > 1)
            moved = torch.where(is_outside[:, None], mean[:, :, None, None], moved)
        return moved.clamp_(0, 1).to(images.dtype)

    def _reordered(self, images: Tensor, turned: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Flips and rotations without sampling; selecting among copies is faster than indexing pixels."""
        is_swapped, across, down = (decision[:, None, None, None] for decision in turned)
        if self.flip or self.turns:
            images = torch.where(across, images.flip(3), images)
        if self.vertical_flip or self.turns:
            images = torch.where(down, images.flip(2), images)
        if self.turns and images.shape[2] == images.shape[3]:
            images = torch.where(is_swapped, images.transpose(2, 3), images)
        return images

    def _kept(self, edges: Tensor, boxes: Tensor, turned: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The boxes with new `edges` (batch, rows, 4) before flips and rotations; padding for lost ones."""
        is_swapped, across, down = turned
        is_flipped = torch.stack((across, down), 1)[:, None]
        low, high = edges[..., :2], edges[..., 2:]
        low, high = torch.where(is_flipped, 1 - high, low), torch.where(is_flipped, 1 - low, high)
        is_swapped = is_swapped[:, None, None]
        low, high = torch.where(is_swapped, low.flip(-1), low), torch.where(is_swapped, high.flip(-1), high)
        center, area, number = (low + high) / 2, (high - low).prod(-1), boxes[..., 4]
        low, high = low.clamp(0, 1), high.clamp(0, 1)
        left = (high - low).prod(-1)
        is_inside = ((center >= 0) & (center <= 1)).all(-1) & (left >= self.min_kept * area * (1 - ROUNDING))
        is_kept = torch.where(number <= CROWD, left > 0, is_inside & (number != PADDING))
        moved = torch.cat((low, high, boxes[..., 4:]), -1)
        return torch.where(is_kept[..., None], moved, moved.new_tensor([0.0, 0.0, 0.0, 0.0, PADDING]))


def _check(images: Tensor, boxes: Tensor) -> None:
    if not isinstance(images, Tensor) or images.ndim != 4 or not images.is_floating_point():
        expected = "floating point (batch, channels, height, width) in [0, 1]"
        raise DataError(f"images: {_described(images)}", expected, "divide uint8 by 255")
    is_float = isinstance(boxes, Tensor) and boxes.dtype == torch.float32
    if not is_float or boxes.ndim != 3 or boxes.shape[::2] != (len(images), 5):
        expected = f"float32 ({len(images)}, rows, 5): xmin, ymin, xmax, ymax from 0 to 1, class"
        raise DataError(
            f"boxes: {_described(boxes)}", expected, "pad the boxes of each image with rows 0, 0, 0, 0, -1"
        )


def _described(value: object) -> str:
    return f"{value.dtype} {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__


def _half(uniform: Tensor) -> Tensor:
    """Maps [0, 1) to 0 with probability 1/2, and to [-1, 1) otherwise."""
    return torch.where(uniform < 0.5, 0.0, 4 * uniform - 3)


def _pixel_centers(images: Tensor, axis: int) -> Tensor:
    """The centers of the pixels along a side that extends from -1 to 1."""
    return (2 * torch.arange(images.shape[axis], device=images.device) + 1) / images.shape[axis] - 1
