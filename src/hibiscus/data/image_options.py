"""The options of images and of bad files: what they may be, and where they do not apply."""

from __future__ import annotations

from typing import Any

from hibiscus.data.dataset import Dataset
from hibiscus.errors import ConfigError, DataError

__all__ = ["check_image_shape", "check_max_bad", "note_image_size"]

LARGEST_SIDE = 4096


def check_image_shape(image_size: Any, channels: Any) -> None:
    """Raises ConfigError unless these are a size and a number of channels that images can have."""
    sides = [image_size] if isinstance(image_size, int) else [] if image_size is None else list(image_size)
    lengths = (1,) if isinstance(image_size, int) else (2,)
    too_large = any(int(side) != side or not 1 <= side <= LARGEST_SIDE for side in sides)
    if image_size is not None and (len(sides) not in lengths or too_large):
        expected = f"a side, or height,width, from 1 to {LARGEST_SIDE} pixels"
        raise ConfigError(f"image_size={image_size}", expected, "image_size=64")
    if channels not in (None, 1, 3):
        raise ConfigError(
            f"channels={channels}", "1 for grayscale or 3 for RGB", "omit it to have it detected"
        )


def note_image_size(dataset: Dataset, image_size: Any) -> None:
    """Adds a note if the requested image size does not apply to this data."""
    image = dataset.fields.get("image")
    if image_size is not None and image is not None:
        requested = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
        if tuple(image.shape[1:3]) != requested:
            size = f"{image.shape[1]}x{image.shape[2]}"
            dataset.notes.append(
                f"image_size={image_size} applies to image files only; these arrays are {size}"
            )


def check_max_bad(max_bad_fraction: float) -> None:
    """Raises DataError unless `max_bad_fraction` is a fraction."""
    if not 0 <= max_bad_fraction <= 1:
        raise DataError(
            f"max_bad_fraction={max_bad_fraction}", "a fraction from 0 to 1", "max_bad_fraction=0.05"
        )
