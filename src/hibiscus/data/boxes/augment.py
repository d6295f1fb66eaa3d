r"""Random changes to whole batches of images together with the boxes of the objects in them, for training only.

A window of a canvas around the image becomes the new image. Output pixel o, in shares of the sides, is read from

    source = corner + sides * (F o),    window = zoom_out, then iou_crop in it, then scale_jitter in that

with F the flips and turns, as one bilinear sampling; a box's edges go the inverse way. Without a window the pixels are moved
whole and keep their values. Outside the image the canvas has the image's mean colour. Before all this, colours are changed by

    y = (1 + b) (mean + (C x - mean) (1 + c)), clamped to [0, 1],    C = T^-1 diag(1, (1 + s) rotation(hue)) T

with mean over the image, and T the matrix from RGB to YIQ: luma stays, chroma is turned by the hue and stretched by s.

Reference: Liu et al., "SSD: Single shot multibox detector", 2016, arXiv 1512.02325, sections 2.2 and 3.6.

Departs: saturation and hue are linear in YIQ where the paper's program goes through HSV; contrast is about the image's mean
    and not about black; a crop's ratio is relative to the image's own, which is what the new image is distorted by.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.data.boxes.preparation import CROWD, PADDING
from hibiscus.data.images.augment import memory_format
from hibiscus.data.images.ranges import BELOW_ONE, check_number, check_switch
from hibiscus.errors import ConfigError, DataError

__all__ = ["CROWD", "PADDING", "BoxAugment"]

RANGES = {
    "zoom_out": (1.0, 10.0), "scale_jitter": (0.0, BELOW_ONE), "aspect_jitter": (0.0, 3.0), "brightness": (0.0, 1.0),
    "contrast": (0.0, 1.0), "saturation": (0.0, 1.0), "hue": (0.0, 180.0), "min_kept": (0.0, 1.0),
}  # fmt: skip
SWITCHES = ("flip", "vertical_flip", "turns", "iou_crop")
# One column of uniform numbers per decision, drawn always, so that switching one on leaves the others' draws as they were.
DRAWS = ("flip_x", "flip_y", "turn", "zoom_out", "zoom_out_x", "zoom_out_y", "overlap", "scale", "aspect", "scale_x", "scale_y")
DRAWS = (*DRAWS, "brightness", "contrast", "saturation", "hue")
TRIALS = 50  # candidate crops of an image, as many as the paper's program tries
OVERLAPS = (math.inf, 0.0, 0.1, 0.3, 0.5, 0.7, 0.9)  # what a crop has to share with a box; none shares infinity: the whole image
LEAST_SIDE, MOST_RATIO = 0.3, 2.0
TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
ROUNDING = 1e-5  # of float32 areas


@dataclasses.dataclass(frozen=True)
class BoxAugment:
    """Batched augmentation of images with boxes, drawn anew for each: the same generator state gives the same batch.

    Args:
        flip: mirror left and right with probability 1/2.
        vertical_flip: mirror top and bottom with probability 1/2.
        turns: turn by 0, 90, 180 or 270 degrees; images that are not square by 0 or 180.
        zoom_out: most factor by which the image is shrunk onto a canvas, with probability 1/2; 1 to 10, 1 for none (paper: 4).
        iou_crop: a crop whose sides are about 0.3 to 1 of the image's, at a ratio of 1/2 to 2, and whose intersection over
            union with some box is at least 0, 0.1, 0.3, 0.5, 0.7 or 0.9; or the whole image, each as likely. The whole
            image too where none of 50 crops does it.
        scale_jitter: magnify by a factor from 1 - scale_jitter to 1 + scale_jitter, at a random place; 0 to below 1.
        aspect_jitter: stretch one side against the other by a factor up to 1 + aspect_jitter; 0 to 3.
        brightness: most relative change, 0 to 1; this and the next three with probability 1/2 each.
        contrast: most relative change about the image's mean, 0 to 1.
        saturation: most relative change of the chroma, 0 to 1; images of three channels only.
        hue: most degrees that the chroma is turned, 0 to 180 (paper: 18); images of three channels only.
        min_kept: a box of whose area a smaller share is left becomes padding, as does one whose centre has left the image; a crowd
            stays while any of it is seen.

    Shapes:
        images (batch, channels, height, width), floating, in [0, 1]; boxes (batch, rows, 5), float32: xmin, ymin, xmax, ymax as
        shares of the sides and the number of the class, -1 for padding (edges 0), -2 or less for a crowd, which moves like an object
        but is none that a crop is made for. Returns both with the same shapes, dtypes and memory format.

    Raises:
        ConfigError: an argument out of its range, or saturation or hue for images that have not three channels.
        DataError: images or boxes of another type or shape.
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
        """Whether anything is switched on."""
        return self.iou_crop or self._has_canvas or self._orients or self._recolors

    @property
    def _has_canvas(self) -> bool:
        """Whether anything outside an image can come to be seen."""
        return self.zoom_out > 1 or self.scale_jitter > 0 or self.aspect_jitter > 0

    @property
    def _orients(self) -> bool:
        return self.flip or self.vertical_flip or self.turns

    @property
    def _recolors(self) -> bool:
        return any((self.brightness, self.contrast, self.saturation, self.hue))

    def __call__(self, images: Tensor, generator: torch.Generator, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """A new batch; `images` and `boxes` themselves where nothing is switched on. They are never changed in place."""
        _check(images, boxes)
        if not self.active or images.numel() == 0:
            return images, boxes
        if (self.saturation or self.hue) and images.shape[1] != 3:
            found = f"saturation={self.saturation}, hue={self.hue} for images of {images.shape[1]} channels"
            raise ConfigError(found, "images of three channels: red, green, blue", "saturation=0 and hue=0 switch them off")
        layout = memory_format(images)
        # One draw, on the generator's own device: a CPU generator gives a GPU batch the same numbers.
        shape = (len(DRAWS) + 4 * TRIALS, len(images))
        uniform = torch.rand(*shape, generator=generator, device=generator.device).to(images.device)
        draws: dict[str, Tensor] = dict(zip(DRAWS, uniform, strict=False))
        mean = torch.zeros(1)
        if self._has_canvas or self._recolors:
            mean = images.mean((2, 3), dtype=torch.float32)  # (batch, channels)
        if self._recolors:
            images, mean = self._recolored(images, mean, draws)
        turned = self._turned(draws, images.shape[2] == images.shape[3])
        if self.iou_crop or self._has_canvas:
            window = self._window(draws, uniform[len(DRAWS) :], boxes)
            images, boxes = self._sampled(images, window, turned, mean), self._kept(_seen(boxes, window), boxes, turned)
        elif self._orients:
            images, boxes = self._reordered(images, turned), self._kept(boxes[..., :4], boxes, turned)
        return images.contiguous(memory_format=layout), boxes

    def _recolored(self, images: Tensor, mean: Tensor, draws: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The colours' change as one matrix and one sum per image, and the mean (batch, channels) that it leaves."""
        change = {name: _half(draws[name]) * getattr(self, name) for name in ("brightness", "contrast", "saturation", "hue")}
        light, contrast = 1 + change["brightness"], 1 + change["contrast"]
        gain = (light * contrast)[:, None]
        if not (self.saturation or self.hue):
            lift = (light * (1 - contrast) * mean.mean(1))[:, None]
            weight, bias = gain.to(images.dtype)[..., None, None], lift.to(images.dtype)[..., None, None]
            return torch.addcmul(bias, images, weight).clamp_(0, 1), (gain * mean + lift).clamp_(0, 1)
        chroma = _chroma(1 + change["saturation"], torch.deg2rad(change["hue"]))  # (batch, 3, 3)
        lift = light * (1 - contrast) * torch.bmm(chroma, mean[:, :, None]).mean((1, 2))
        matrix, lift = gain[..., None] * chroma, lift[:, None, None]
        mean = (torch.bmm(matrix, mean[:, :, None]) + lift).clamp_(0, 1)[..., 0]
        matrix, lift = matrix.to(images.dtype), lift.to(images.dtype)
        return torch.baddbmm(lift, matrix, images.contiguous().flatten(2)).clamp_(0, 1).view(images.shape), mean

    def _turned(self, draws: dict[str, Tensor], is_square: bool) -> tuple[Tensor, Tensor, Tensor]:
        """For each image (batch,): whether rows and columns change places, and then whether the source's x and y are mirrored."""
        quarters = (draws["turn"] * 4).long().clamp_(max=3) * self.turns
        if not is_square:
            quarters = quarters // 2 * 2
        across, down = (draws["flip_x"] < 0.5) & self.flip, (draws["flip_y"] < 0.5) & self.vertical_flip
        return quarters % 2 == 1, across ^ ((quarters == 1) | (quarters == 2)), down ^ (quarters >= 2)

    def _window(self, draws: dict[str, Tensor], trials: Tensor, boxes: Tensor) -> Tensor:
        """What of the image's plane is shown: left, top, width, height in shares of the image's sides, (batch, 4)."""
        one = torch.ones_like(draws["scale"])
        window = _placed(one, one, one, one)
        if self.zoom_out > 1:
            side = 1 + (2 * draws["zoom_out"] - 1).clamp_(min=0) * (self.zoom_out - 1)
            window = _placed(side, side, draws["zoom_out_x"], draws["zoom_out_y"])
        if self.iou_crop:
            chosen = (draws["overlap"] * len(OVERLAPS)).long().clamp_(max=len(OVERLAPS) - 1)
            least = torch.tensor(OVERLAPS, device=boxes.device)[chosen]
            window = _inside(window, self._crop(trials, least, _seen(boxes, window), boxes[..., 4] >= 0))
        if self.scale_jitter or self.aspect_jitter:
            side = 1 / (1 + (2 * draws["scale"] - 1) * self.scale_jitter)
            ratio = torch.exp((draws["aspect"] - 0.5) * math.log1p(self.aspect_jitter))
            window = _inside(window, _placed(side * ratio, side / ratio, draws["scale_x"], draws["scale_y"]))
        return window

    def _crop(self, trials: Tensor, least: Tensor, edges: Tensor, is_object: Tensor) -> Tensor:
        """The first candidate with enough overlap (batch,) with an object that it keeps, or the whole; (batch, 4)."""
        side, ratio, x, y = trials.view(4, TRIALS, -1).transpose(1, 2)  # (batch, trials) each
        side, ratio = LEAST_SIDE + (1 - LEAST_SIDE) * side, MOST_RATIO ** (ratio - 0.5)
        crops = _placed((side * ratio).clamp_(max=1), (side / ratio).clamp_(max=1), x, y)  # (batch, trials, 4)
        low, high = crops[:, :, None, :2], crops[:, :, None, :2] + crops[:, :, None, 2:]
        box_low, box_high = edges[:, None, :, :2], edges[:, None, :, 2:]
        shared = (torch.minimum(high, box_high) - torch.maximum(low, box_low)).clamp_(min=0).prod(-1)  # (batch, trials, rows)
        area, crop_area = (box_high - box_low).prod(-1), crops[:, :, None, 2:].prod(-1)
        centre = (box_low + box_high) / 2
        is_kept = ((centre >= low) & (centre <= high)).all(-1) & (shared >= self.min_kept * area)
        overlaps = shared / (area + crop_area - shared)
        does = (is_object[:, None] & is_kept & (overlaps >= least[:, None, None])).any(-1)  # (batch, trials)
        chosen = crops[torch.arange(len(crops), device=crops.device), does.float().argmax(1)]
        return torch.where(does.any(1)[:, None], chosen, chosen.new_tensor([0.0, 0.0, 1.0, 1.0]))

    def _sampled(self, images: Tensor, window: Tensor, turned: tuple[Tensor, Tensor, Tensor], mean: Tensor) -> Tensor:
        """One bilinear sampling of each window, flipped and turned."""
        is_swapped, across, down = turned
        # Where a side goes from -1 to 1. Row and column alone say where to read, which is five times as fast as affine_grid.
        centre = 2 * window[:, :2] + window[:, 2:] - 1
        x = torch.where(across, -window[:, 2], window[:, 2])[:, None] * _middles(images, 3) + centre[:, :1]  # (batch, width)
        y = torch.where(down, -window[:, 3], window[:, 3])[:, None] * _middles(images, 2) + centre[:, 1:]  # (batch, height)
        if self.turns and images.shape[2] == images.shape[3]:
            swap = is_swapped[:, None, None]
            x, y = torch.where(swap, x[:, :, None], x[:, None]), torch.where(swap, y[:, None], y[:, :, None])
        else:
            x, y = x[:, None], y[:, :, None]
        grid = torch.stack(torch.broadcast_tensors(x, y), -1)  # (batch, height, width, 2)
        # float32 throughout: a bf16 grid is off by pixels. The edge pixel goes on outside, so that no rim mixes with the canvas.
        moved = functional.grid_sample(images.float(), grid, "bilinear", "border", align_corners=False)
        if self._has_canvas:
            is_outside = (x.abs() > 1) | (y.abs() > 1)
            moved = torch.where(is_outside[:, None], mean[:, :, None, None], moved)
        return moved.clamp_(0, 1).to(images.dtype)

    def _reordered(self, images: Tensor, turned: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Flips and turns without sampling; choosing among whole copies is faster than gathering pixels by index."""
        is_swapped, across, down = (decision[:, None, None, None] for decision in turned)
        if self.flip or self.turns:
            images = torch.where(across, images.flip(3), images)
        if self.vertical_flip or self.turns:
            images = torch.where(down, images.flip(2), images)
        if self.turns and images.shape[2] == images.shape[3]:
            images = torch.where(is_swapped, images.transpose(2, 3), images)
        return images

    def _kept(self, edges: Tensor, boxes: Tensor, turned: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The boxes with their new `edges`, (batch, rows, 4) before flips and turns; those that are lost become padding."""
        is_swapped, across, down = turned
        mirrored = torch.stack((across, down), 1)[:, None]
        low, high = edges[..., :2], edges[..., 2:]
        low, high = torch.where(mirrored, 1 - high, low), torch.where(mirrored, 1 - low, high)
        is_swapped = is_swapped[:, None, None]
        low, high = torch.where(is_swapped, low.flip(-1), low), torch.where(is_swapped, high.flip(-1), high)
        centre, area, kind = (low + high) / 2, (high - low).prod(-1), boxes[..., 4]
        low, high = low.clamp(0, 1), high.clamp(0, 1)
        left = (high - low).prod(-1)
        is_kept = ((centre >= 0) & (centre <= 1)).all(-1) & (left >= self.min_kept * area * (1 - ROUNDING))
        is_kept = torch.where(kind <= CROWD, left > 0, is_kept & (kind != PADDING))
        moved = torch.cat((low, high, boxes[..., 4:]), -1)
        return torch.where(is_kept[..., None], moved, moved.new_tensor([0.0, 0.0, 0.0, 0.0, PADDING]))


def _check(images: Tensor, boxes: Tensor) -> None:
    if not isinstance(images, Tensor) or images.ndim != 4 or not images.is_floating_point():
        expected = "floating (batch, channels, height, width) in [0, 1]"
        raise DataError(f"images: {_described(images)}", expected, "divide uint8 by 255")
    if not isinstance(boxes, Tensor) or boxes.dtype != torch.float32 or boxes.ndim != 3 or boxes.shape[::2] != (len(images), 5):
        expected = f"float32 ({len(images)}, rows, 5): xmin, ymin, xmax, ymax from 0 to 1, class"
        raise DataError(f"boxes: {_described(boxes)}", expected, "give each image as many rows, padded by rows 0, 0, 0, 0, -1")


def _described(value: object) -> str:
    return f"{value.dtype} {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__


def _half(uniform: Tensor) -> Tensor:
    """[0, 1) to nothing with probability 1/2, and to [-1, 1) else."""
    return torch.where(uniform < 0.5, 0.0, 4 * uniform - 3)


def _chroma(stretch: Tensor, angle: Tensor) -> Tensor:
    """The matrices (batch, 3, 3) that stretch and turn the chroma of RGB and leave the luma and all greys as they are."""
    matrix = torch.zeros(len(stretch), 3, 3, device=stretch.device)
    matrix[:, 0, 0] = 1
    matrix[:, 1, 1] = matrix[:, 2, 2] = stretch * angle.cos()
    matrix[:, 2, 1] = stretch * angle.sin()
    matrix[:, 1, 2] = -matrix[:, 2, 1]
    to_yiq = TO_YIQ.to(stretch.device)
    return torch.linalg.inv(to_yiq) @ matrix @ to_yiq


def _placed(width: Tensor, height: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Windows of these sides within the whole, or around it where they are larger, at the uniform place x, y; (..., 4)."""
    return torch.stack((x * (1 - width), y * (1 - height), width, height), -1)


def _inside(window: Tensor, inner: Tensor) -> Tensor:
    """The window that `inner`, in shares of `window`, is in the image; (batch, 4)."""
    return torch.cat((window[:, :2] + inner[:, :2] * window[:, 2:], inner[:, 2:] * window[:, 2:]), 1)


def _seen(boxes: Tensor, window: Tensor) -> Tensor:
    """The boxes' edges (batch, rows, 4) in shares of the window, from its left upper corner."""
    return (boxes[..., :4] - window[:, None, :2].repeat(1, 1, 2)) / window[:, None, 2:].repeat(1, 1, 2)


def _middles(images: Tensor, axis: int) -> Tensor:
    """Where the pixels' middles lie on a side that goes from -1 to 1."""
    return (2 * torch.arange(images.shape[axis], device=images.device) + 1) / images.shape[axis] - 1
