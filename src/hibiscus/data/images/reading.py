"""How a set of image files is read: one size, one color space and one white level for all of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hibiscus.data.images.codecs import readers
from hibiscus.data.images.decode import color_name, is_deep
from hibiscus.data.images.file_records import file_records
from hibiscus.data.images.headers import Header, scan_headers
from hibiscus.plurals import plural

__all__ = ["LARGEST_DEFAULT_SIDE", "ImageReading", "default_size", "plan_reading"]

# images of different or larger sizes are resized to this side unless image_size is given
LARGEST_DEFAULT_SIDE = 96
DARK = 128  # the brightest 8-bit value below which 16-bit colors do not use their range


@dataclass(frozen=True)
class ImageReading:
    """One reading for all images of a dataset.

    Args:
        height: in pixels.
        width: in pixels.
        channels: 1 for grayscale or 3 for RGB.
        white_level: the value of white in images of more than 8 bits; None if there are none.
        sizes: (height, width) of the readable images in their files.
        notes: what the user should know.
    """

    height: int
    width: int
    channels: int
    white_level: float | None
    sizes: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.height, self.width, self.channels

    @property
    def about(self) -> dict[str, Any]:
        """What the Preparation and the default size have to know, in `Dataset.about`."""
        side = {"longer_side": int(np.median([max(size) for size in self.sizes]))} if self.sizes else {}
        return side | ({"image": {"white_level": self.white_level}} if self.white_level else {})

    def resize_note(self) -> str:
        """One sentence on the size and the color space."""
        return f"images resized to {self.height}x{self.width}, {color_name(self.channels)}"


def plan_reading(
    files: Sequence[Path],
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    white_level: float | None = None,
    train: Sequence[bool] | None = None,
) -> ImageReading:
    """Determines how to read images, from the headers of all of them.

    Args:
        files: the images.
        image_size: side in pixels, or (height, width); by default that of the images, at most 96.
        channels: 1 or 3; by default 1 if all images are grayscale.
        white_level: the value of white in images of more than 8 bits; by default the largest value in the
            images of the training part, so that all images are scaled alike.
        train: for each file, whether it belongs to the training part; all do by default.
    """
    headers = scan_headers(files)
    known = [header for header in headers if header]
    sizes = tuple((header.height, header.width) for header in known)
    channels = channels or (1 if known and all(header.gray for header in known) else 3)
    height, width = default_size(sizes, image_size)
    deep = [index for index, header in enumerate(headers) if header and header.deep]
    notes = [*_several(files, headers), *_deep_colors(files, headers)]
    if deep:
        chosen = [index for index in deep if train is None or train[index]] or deep
        given = white_level is not None
        white_level = white_level or _largest_value([files[index] for index in chosen])
        source = "as given" if given else "the largest value of the training part; white_level= changes it"
        notes.append(
            f"{plural(len(deep), 'image has', 'images have')} more than 8 bits per pixel: 0 is black, "
            f"{white_level:g} is white ({source})"
        )
    return ImageReading(height, width, channels, white_level if deep else None, sizes, tuple(notes))


def default_size(sizes: Sequence[tuple[int, int]], image_size: int | Sequence[int] | None) -> tuple[int, int]:
    """(height, width) for images of these sizes: as given, their own up to 96, or a square of the median."""
    if isinstance(image_size, int):
        return image_size, image_size
    if image_size is not None:
        return int(image_size[0]), int(image_size[1])
    if sizes and len(set(sizes)) == 1 and max(sizes[0]) <= LARGEST_DEFAULT_SIDE:
        return sizes[0]
    side = int(np.median([min(size) for size in sizes])) if sizes else LARGEST_DEFAULT_SIDE
    side = max(8, min(LARGEST_DEFAULT_SIDE, side))
    return side, side


def _several(files: Sequence[Path], headers: Sequence[Header | None]) -> list[str]:
    """A note on files with several images."""
    several = [file for file, header in zip(files, headers, strict=True) if header and header.several]
    if not several:
        return []
    what = "file holds" if len(several) == 1 else "files hold"
    return [
        f"{len(several):,} {what} several frames or pages, of which the first is read: {several[0].name}"
        f"{' ...' if len(several) > 1 else ''}"
    ]


def _deep_colors(files: Sequence[Path], headers: Sequence[Header | None]) -> list[str]:
    """A note on 16-bit colors, of which the decoder keeps the upper 8 bits, if these are nearly black."""
    deep = [file for file, header in zip(files, headers, strict=True) if header and header.deep_color]
    records = file_records("brightest color", [("value", "<i8")], deep, _brightest)
    brightest = max((record[0] if record else 0 for record in records), default=255)
    if brightest >= DARK:
        return []
    return [
        f"{len(deep):,} color images have 16 bits per color, but use few of them: their brightest value is "
        f"{brightest} of 255, so they are read nearly black; save them with 8 bits per color ({deep[0].name})"
    ]


def _brightest(file: Path) -> tuple[int] | None:
    try:
        with Image.open(file if file.is_file() else io.BytesIO(), formats=readers()) as image:
            return (int(np.asarray(image.convert("RGB")).max()),)
    except Exception:  # reported when it is decoded
        return None


def _largest_value(files: Sequence[Path]) -> float:
    """The largest gray value of images of more than 8 bits; 1 if it is below 1."""
    largest = file_records("largest value", [("value", "<f8")], files, _largest)
    top = max((record[0] for record in largest if record), default=0.0)
    return top if top > 1 else 1.0


def _largest(file: Path) -> tuple[float] | None:
    """The largest gray value of an image; 0 if it has other values than numbers."""
    try:
        with Image.open(file if file.is_file() else io.BytesIO(), formats=readers()) as image:
            values = np.asarray(image) if is_deep(image) else np.zeros(1)
            return (float(values.max()) if np.isfinite(values).all() else 0.0,)
    except Exception:  # reported when it is decoded
        return None
