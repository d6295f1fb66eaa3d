"""Operations on images as uint8 arrays, as returned by the decoder in `decode.py`.

An image is `(height, width)` if grayscale and `(height, width, channels)` otherwise, 0 black and 255 white.
Every function returns a new array, and raises DataError for anything but an image and ConfigError for
arguments out of range.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from hibiscus.data.images.codecs import FORMATS
from hibiscus.data.images.decode import (
    PIXEL_LIMIT,
    ImageArray,
    check_size,
    open_image,
    resized,
    to_plain,
)
from hibiscus.errors import ConfigError, DataError, nearest
from hibiscus.temporary_files import replacing

if TYPE_CHECKING:
    pass

__all__ = [
    "PIXEL_LIMIT",
    "apply_mask",
    "binarize",
    "blend",
    "check_image",
    "describe",
    "flip",
    "flip_by_index",
    "histogram",
    "image_grid",
    "negative",
    "open_image",
    "pad",
    "pad_to",
    "paste",
    "reduce_colors",
    "resize_cover",
    "resize_squash",
    "rotate",
    "save_image",
    "split_channels",
    "to_gray",
    "to_rgb",
    "trim",
]  # fmt: skip


def check_image(image: Any, name: str = "image") -> ImageArray:
    """Returns the array if it is a uint8 image."""
    if not isinstance(image, np.ndarray):
        fix = "use open_image or numpy.asarray"
        raise DataError(f"{name} is a {type(image).__name__}", "a NumPy uint8 array", fix)
    if image.dtype != np.uint8:
        fix = "for values in [0, 1]: (255 * a).round().astype('uint8')"
        raise DataError(f"{name} of dtype {image.dtype}", "uint8, 0 to 255", fix)
    if image.ndim not in (2, 3) or image.size == 0 or (image.ndim == 3 and image.shape[2] > 4):
        expected = "(height, width) or (height, width, channels) with 1 to 4 channels, not empty"
        raise DataError(f"{name} of shape {image.shape}", expected, "pass one image with the channels last")
    return image


def _check_range(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{name}={value!r}", f"{low:g} to {high:g}", f"choose {name} in this range")


def _image(image: ImageArray) -> Image.Image:
    image = check_image(image)
    return Image.fromarray(image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image)


def describe(image: ImageArray) -> dict[str, Any]:
    """Shape, dtype, range, mean, mode, channels and size in bytes, as plain Python values."""
    channels = 1 if check_image(image).ndim == 2 else image.shape[2]
    values = {"low": int(image.min()), "high": int(image.max()), "mean": float(image.mean())}
    mode = {1: "gray", 2: "gray+alpha", 3: "rgb", 4: "rgb+alpha"}[channels]
    layout = {
        "shape": image.shape,
        "dtype": "uint8",
        "channels": channels,
        "mode": mode,
        "bytes": image.nbytes,
    }
    return {**layout, **values}


def save_image(image: ImageArray, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """Writes an image in the format of the extension; an existing file is kept unless `overwrite`."""
    path, known, encoded = Path(path), Image.registered_extensions(), io.BytesIO()
    kind = known.get(path.suffix.lower())
    if kind not in Image.SAVE or kind not in FORMATS:
        expected = ".png, .jpg, .webp, .bmp or .tiff"
        raise DataError(
            f"{path}: no image format has the extension {path.suffix!r}", expected, "change the extension"
        )
    try:
        _image(image).save(encoded, format=kind, quality=95)
        if overwrite:
            with replacing(path, flush=False) as draft:
                draft.write_bytes(encoded.getvalue())
        else:
            with path.open("xb") as file:
                file.write(encoded.getvalue())
    except FileExistsError as error:
        fix = "use another name, or pass overwrite=True"
        raise DataError(f"{path}: already exists", "a new file name", fix) from error
    except OSError as error:
        fix = "check the path and the channels"
        raise DataError(f"{path}: cannot be written ({error})", "a writable folder", fix) from error
    return path


def resize_cover(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    """Scales the short side to fit and crops the center: (height, width) without distortion."""
    return np.array(resized(_image(image), check_size(size), "cover"))


def resize_squash(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    """Scales each side independently: the whole image, possibly distorted."""
    return np.array(resized(_image(image), check_size(size), "squash"))


def rotate(image: ImageArray, degrees: float, expand: bool = True) -> ImageArray:
    """Rotates counterclockwise with black corners, exactly for right angles; `expand` enlarges to fit."""
    if degrees % 90 == 0 and (expand or degrees % 180 == 0):
        return np.rot90(check_image(image), int(degrees // 90)).copy()
    return np.array(_image(image).rotate(degrees, Image.Resampling.BILINEAR, expand=expand))


def negative(image: ImageArray) -> ImageArray:
    """255 - x."""
    return 255 - check_image(image)


def pad(image: ImageArray, border: int | tuple[int, int, int, int], value: int = 0) -> ImageArray:
    """Adds a black border of one width, or of (top, bottom, left, right) pixels."""
    top, bottom, left, right = (border,) * 4 if isinstance(border, int) else border
    _check_range("border", min(top, bottom, left, right), 0, np.inf)
    widths = ((top, bottom), (left, right), (0, 0))[: check_image(image).ndim]
    return np.pad(image, widths, constant_values=value)


def pad_to(images: ImageArray, size: tuple[int, int], value: int = 0) -> ImageArray:
    """Centers an image, or a batch (N, height, width, channels), in a black frame, as MNIST in 32 x 32."""
    axis = 1 if getattr(images, "ndim", 0) == 4 else 0
    original = (images if axis else check_image(images)).shape[axis : axis + 2]
    missing = np.subtract(check_size(size), original)
    if missing.min() < 0:
        raise DataError(f"images of {original} pixels", f"at most {tuple(size)}", "trim or resize them first")
    widths = [(0, 0)] * images.ndim
    widths[axis : axis + 2] = [(int(n) // 2, int(n) - int(n) // 2) for n in missing]
    return np.pad(images, widths, constant_values=value)


def split_channels(image: ImageArray, colored: bool = False) -> list[ImageArray]:
    """Each channel as a grayscale image, or, if `colored`, the image with the other channels black."""
    stack = check_image(image)[:, :, None] if image.ndim == 2 else image
    if not colored:
        return [stack[:, :, channel].copy() for channel in range(stack.shape[2])]
    return [stack * row for row in np.eye(stack.shape[2], dtype=np.uint8)]


def reduce_colors(image: ImageArray, levels: int) -> ImageArray:
    """Quantizes to `levels` (2 to 256) steps: floor(x levels / 256) 255 / (levels - 1), rounded."""
    _check_range("levels", levels, 2, 256)
    table = np.rint(np.arange(256) * int(levels) // 256 * (255 / (int(levels) - 1))).astype(np.uint8)
    return table[check_image(image)]


def trim(image: ImageArray, top: int, left: int, height: int, width: int) -> ImageArray:
    """The box of (height, width) pixels whose first pixel is (top, left)."""
    rows, columns = check_image(image).shape[:2]
    if min(top, left) < 0 or min(height, width) < 1 or top + height > rows or left + width > columns:
        received = f"a box of {height} x {width} pixels at ({top}, {left})"
        raise DataError(received, f"a box inside the image of {rows} x {columns}", "choose a smaller box")
    return image[top : top + height, left : left + width].copy()


def paste(image: ImageArray, patch: ImageArray, top: int = 0, left: int = 0) -> ImageArray:
    """Copies `patch`, which has as many channels, onto the image with its first pixel at (top, left)."""
    if check_image(image).shape[2:] != check_image(patch, "patch").shape[2:]:
        received = f"patch of shape {patch.shape} for an image of shape {image.shape}"
        raise DataError(received, "equal numbers of channels", "use to_gray or to_rgb")
    height, width = trim(image, top, left, *patch.shape[:2]).shape[:2]
    result = image.copy()
    result[top : top + height, left : left + width] = patch
    return result


def binarize(image: ImageArray, threshold: float = 128) -> ImageArray:
    """255 where x >= threshold (0 to 256), otherwise 0, in each channel."""
    _check_range("threshold", threshold, 0, 256)
    return np.where(check_image(image) >= threshold, np.uint8(255), np.uint8(0))


def flip(image: ImageArray, direction: str = "horizontal") -> ImageArray:
    """Flips horizontally or vertically, by slicing."""
    return (check_image(image)[:, ::-1] if _flip_axis(direction) else check_image(image)[::-1]).copy()


def flip_by_index(image: ImageArray, direction: str = "horizontal") -> ImageArray:
    """The same as `flip`, but by indexing with n - 1, ..., 0."""
    axis = _flip_axis(direction)
    return np.take(check_image(image), np.arange(image.shape[axis] - 1, -1, -1), axis=axis)


def _flip_axis(direction: str) -> int:
    directions = ("vertical", "horizontal")
    if direction not in directions:
        raise ConfigError(
            f"direction={direction!r}", "horizontal or vertical", nearest(str(direction), directions)
        )
    return directions.index(direction)


def blend(first: ImageArray, second: ImageArray, fraction: float = 0.5) -> ImageArray:
    """Weighted sum fraction first + (1 - fraction) second of images of one shape; fraction from 0 to 1."""
    _check_range("fraction", fraction, 0, 1)
    if check_image(first, "first").shape != check_image(second, "second").shape:
        received = f"images of shapes {first.shape} and {second.shape}"
        raise DataError(received, "equal shapes", "use resize_cover on one of them")
    mixed = fraction * first.astype(np.float32) + (1 - fraction) * second.astype(np.float32)
    return np.rint(mixed).astype(np.uint8)


def apply_mask(image: ImageArray, mask: np.ndarray, fill: int = 0) -> ImageArray:
    """Keeps the pixels where the (height, width) mask is True or nonzero; `fill` (0 to 255) elsewhere."""
    _check_range("fill", fill, 0, 255)
    if np.shape(mask) != check_image(image).shape[:2]:
        expected = f"{image.shape[:2]}, as the image"
        raise DataError(f"mask of shape {np.shape(mask)}", expected, "resize the mask")
    keep = np.asarray(mask) != 0
    return np.where(keep if image.ndim == 2 else keep[:, :, None], image, np.uint8(fill))


def histogram(image: ImageArray) -> np.ndarray:
    """The number of pixels with each value: int64 (channels, 256)."""
    return np.stack([np.bincount(channel.ravel(), minlength=256) for channel in split_channels(image)])


def to_gray(image: ImageArray) -> ImageArray:
    """0.299 R + 0.587 G + 0.114 B, rounded, as (height, width); equal to `open_image(..., mode="gray")`."""
    return np.array(to_plain(_image(image)).convert("L"))


def to_rgb(image: ImageArray) -> ImageArray:
    """(height, width, 3): grayscale repeated three times, transparent pixels over white."""
    return np.array(to_plain(_image(image)).convert("RGB"))


def image_grid(images: np.ndarray, columns: int | None = None) -> ImageArray:
    """Images of one size side by side on a white background, row by row.

    Args:
        images: uint8 `(items, height, width, channels)`.
        columns: the number of images in a row; by default about the number of rows.
    """
    count, height, width, channels = images.shape
    columns = columns or max(1, round(count**0.5))
    rows, gap = -(-count // columns), 2
    grid = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        grid[top : top + height, left : left + width] = image
    return grid
