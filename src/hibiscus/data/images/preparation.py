"""The size of images and the statistics of their channels, learned from the training part."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hibiscus.errors import DataError
from hibiscus.typed_values import LARGEST_ITEM, Number, Positive, Size, expect, typed_value

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ImagePreparation"]

MAX_VALUES = 2e8  # pixels, enough for four digits of mean and deviation, and read in two seconds


@dataclass(frozen=True)
class ImagePreparation:
    r"""Image size, and mean and deviation of each channel: prepared = (pixel / 255 - mean) / std.

    Args:
        height: in pixels.
        width: in pixels.
        channels: 1 grayscale, 3 color, 4 with transparency.
        mean: of each channel over the training part, in [0, 1].
        std: of each channel over the training part, in [0, 1]; 1 for a constant channel.
        resize: how images were resized to this size: `cover` or `squash`.
        white_level: the value of white in images of more than 8 bits; None if training had none.
    """

    height: Size
    width: Size
    channels: Size
    mean: tuple[Number, ...]
    std: tuple[Positive, ...]
    resize: str = "cover"
    white_level: Positive | None = None
    kind: ClassVar[str] = "image"

    @classmethod
    def fit(
        cls, images_train: np.ndarray, limit: int = 20_000, rows: np.ndarray | None = None
    ) -> ImagePreparation:
        r"""Learns the mean and standard deviation of each channel (the array may be memory-mapped).

        Args:
            images_train: the training images; or all images, with `rows` to select the training images.
            limit: of more images than this (fewer if they are large), evenly spaced ones are used.
            rows: the indices of the training images, which saves copying them out of a memory map.

        Shapes: images_train uint8 (N, height, width, channels) or (N, height, width).

        Raises:
            DataError: no images, another dtype, or another number of dimensions.
        """
        if images_train.ndim not in (3, 4) or images_train.dtype != np.uint8 or not images_train.size:
            received = f"images of dtype {images_train.dtype} and shape {images_train.shape}"
            expected = "uint8 (images, height, width, channels), none of them 0"
            raise DataError(received, expected, "open them with hibiscus.open")
        rows = np.arange(len(images_train)) if rows is None else np.asarray(rows)
        if not len(rows):
            raise DataError("no training images", "at least one", "change the split")
        height, width = images_train.shape[1:3]
        channels = images_train.shape[3] if images_train.ndim == 4 else 1
        size = height * width * channels
        count = min(len(rows), limit, max(256, int(MAX_VALUES // size)))
        chosen = rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]
        histogram = np.zeros((channels, 256), dtype=np.int64)
        step = max(1, 2**22 // size)
        for start in range(0, len(chosen), step):
            pixels = images_train[chosen[start : start + step]].reshape(-1, channels)
            for channel in range(channels):
                histogram[channel] += np.bincount(pixels[:, channel], minlength=256)
        frequency, levels = histogram / histogram.sum(axis=1, keepdims=True), np.arange(256) / 255
        mean = frequency @ levels
        std = np.sqrt(np.maximum(frequency @ levels**2 - mean**2, 0))
        return cls(
            height, width, channels, tuple(mean.tolist()), tuple(np.where(std < 1e-4, 1.0, std).tolist())
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of one image as networks take it: (channels, height, width)."""
        return (self.channels, self.height, self.width)

    def decode(self, values: Tensor) -> np.ndarray:
        """Prepared values `(items, channels, height, width)` as uint8 images `(items, height, width,
        channels)`.
        """
        import torch

        std, mean = (
            torch.tensor(numbers, device=values.device).view(1, -1, 1, 1) for numbers in (self.std, self.mean)
        )
        pixels = (values.float() * std + mean).mul(255).round().clamp(0, 255)
        return pixels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        size = {"height": self.height, "width": self.width, "channels": self.channels}
        return {
            "kind": self.kind,
            **size,
            "mean": list(self.mean),
            "std": list(self.std),
            "resize": self.resize,
            **({} if self.white_level is None else {"white_level": self.white_level}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ImagePreparation:
        """The same preparation again."""
        saved = typed_value(cls, data)
        expect(math.prod(saved.shape) <= LARGEST_ITEM, f"at most {LARGEST_ITEM:,} values in one image")
        expect(len(saved.mean) == len(saved.std) == saved.channels, "mean and std of each channel")
        expect(saved.resize in ("cover", "squash"), "resize of cover or squash")
        return saved
