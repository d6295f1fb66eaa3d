"""Images as uint8 arrays: the classic operations on what the decoder in `decode.py` yields.

An image is `(height, width)` when grey and `(height, width, channels)` otherwise, 0 black and 255 white. Every function
returns a new array, and refuses what is not an image with a DataError, what is out of its range with a ConfigError.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from hibiscus.data.images.decode import FORMATS, PIXEL_LIMIT, ImageArray, check_size, open_image, resized, to_plain
from hibiscus.errors import ConfigError, DataError, nearest

if TYPE_CHECKING:
    import torch

__all__ = [
    "PIXEL_LIMIT",
    "add_channel",
    "apply_mask",
    "binarize",
    "blend",
    "describe",
    "flatten_images",
    "flip",
    "flip_by_index",
    "from_tensor",
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
    "to_tensor",
    "trim",
    "unflatten_images",
]  # fmt: skip


def _check(image: Any, name: str = "image") -> ImageArray:
    """The array itself if it is a uint8 image."""
    if not isinstance(image, np.ndarray):
        raise DataError(f"{name} is a {type(image).__name__}", "a NumPy uint8 array", "use open_image or numpy.asarray")
    if image.dtype != np.uint8:
        raise DataError(f"{name} of dtype {image.dtype}", "uint8, 0 to 255", "for values in [0, 1]: (255 * a).round().astype('uint8')")
    if image.ndim not in (2, 3) or image.size == 0 or (image.ndim == 3 and image.shape[2] > 4):
        expected = "(height, width) or (height, width, channels) with 1 to 4 channels, not empty"
        raise DataError(f"{name} of shape {image.shape}", expected, "pass one image, channels last")
    return image


def _check_range(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{name}={value!r}", f"{low:g} to {high:g}", f"choose {name} in this range")


def _image(image: ImageArray) -> Image.Image:
    image = _check(image)
    return Image.fromarray(image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image)


def describe(image: ImageArray) -> dict[str, Any]:
    """Shape, dtype, range, mean, mode, channels (2 axes: 1, else the third) and bytes, as plain Python values."""
    channels = 1 if _check(image).ndim == 2 else image.shape[2]
    values = {"low": int(image.min()), "high": int(image.max()), "mean": float(image.mean())}
    mode = {1: "gray", 2: "gray+alpha", 3: "rgb", 4: "rgb+alpha"}[channels]
    return {"shape": image.shape, "dtype": "uint8", "channels": channels, "mode": mode, "bytes": image.nbytes, **values}


def save_image(image: ImageArray, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """Write an array as the kind of file that the ending names; an existing file is kept unless `overwrite`."""
    path, known, encoded = Path(path), Image.registered_extensions(), io.BytesIO()
    kind = known.get(path.suffix.lower())
    if kind not in Image.SAVE or kind not in FORMATS:
        raise DataError(f"{path}: no image format is called {path.suffix!r}", ".png, .jpg, .webp, .bmp or .tiff", "add an ending")
    try:
        _image(image).save(encoded, format=kind, quality=95)
        with path.open("wb" if overwrite else "xb") as file:
            file.write(encoded.getvalue())
    except FileExistsError as error:
        raise DataError(f"{path}: exists already", "a new name", "choose another, or pass overwrite=True") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error})", "a folder to write in", "check the path and the channels") from error
    return path


def resize_cover(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    """Scale the short side to fit and crop the centre: (height, width) without distortion."""
    return np.array(resized(_image(image), check_size(size), "cover"))


def resize_squash(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    """Scale each side by itself: the whole image, perhaps distorted."""
    return np.array(resized(_image(image), check_size(size), "squash"))


def rotate(image: ImageArray, degrees: float, expand: bool = True) -> ImageArray:
    """Turn counter-clockwise, corners black; quarter turns are exact, `expand` grows the frame to hold all of it."""
    if degrees % 90 == 0 and (expand or degrees % 180 == 0):
        return np.rot90(_check(image), int(degrees // 90)).copy()
    return np.array(_image(image).rotate(degrees, Image.Resampling.BILINEAR, expand=expand))


def negative(image: ImageArray) -> ImageArray:
    """255 - x."""
    return 255 - _check(image)


def pad(image: ImageArray, border: int | tuple[int, int, int, int], value: int = 0) -> ImageArray:
    """Add a border (black) of one width, or of (top, bottom, left, right) pixels."""
    top, bottom, left, right = (border,) * 4 if isinstance(border, int) else border
    _check_range("border", min(top, bottom, left, right), 0, np.inf)
    widths = ((top, bottom), (left, right), (0, 0))[: _check(image).ndim]
    return np.pad(image, widths, constant_values=value)


def pad_to(images: ImageArray, size: tuple[int, int], value: int = 0) -> ImageArray:
    """Centre one image, or a batch (N, height, width, channels), in a larger black frame: MNIST 28 x 28 to SVHN's 32 x 32."""
    axis = 1 if getattr(images, "ndim", 0) == 4 else 0
    found = (images if axis else _check(images)).shape[axis : axis + 2]
    missing = np.subtract(check_size(size), found)
    if missing.min() < 0:
        raise DataError(f"images of {found} pixels", f"at most {tuple(size)}", "trim or resize them first")
    widths = [(0, 0)] * images.ndim
    widths[axis : axis + 2] = [(int(n) // 2, int(n) - int(n) // 2) for n in missing]
    return np.pad(images, widths, constant_values=value)


def split_channels(image: ImageArray, colored: bool = False) -> list[ImageArray]:
    """Each channel as a grey image (height, width), or `coloured`: the whole image with the other channels black."""
    stack = _check(image)[:, :, None] if image.ndim == 2 else image
    if not colored:
        return [stack[:, :, channel].copy() for channel in range(stack.shape[2])]
    return [stack * row for row in np.eye(stack.shape[2], dtype=np.uint8)]


def reduce_colors(image: ImageArray, levels: int) -> ImageArray:
    """Quantise each channel to `levels` (2 to 256) even steps: floor(x levels / 256) 255 / (levels - 1), rounded."""
    _check_range("levels", levels, 2, 256)
    table = np.rint(np.arange(256) * int(levels) // 256 * (255 / (int(levels) - 1))).astype(np.uint8)
    return table[_check(image)]


def trim(image: ImageArray, top: int, left: int, height: int, width: int) -> ImageArray:
    """Cut out the box of (height, width) pixels whose first pixel is (top, left)."""
    rows, columns = _check(image).shape[:2]
    if min(top, left) < 0 or min(height, width) < 1 or top + height > rows or left + width > columns:
        asked = f"a box of {height} x {width} pixels at ({top}, {left})"
        raise DataError(asked, f"a box inside the image of {rows} x {columns}", "choose a smaller box")
    return image[top : top + height, left : left + width].copy()


def paste(image: ImageArray, patch: ImageArray, top: int = 0, left: int = 0) -> ImageArray:
    """Lay `patch`, of as many channels, over the image with its first pixel at (top, left)."""
    if _check(image).shape[2:] != _check(patch, "patch").shape[2:]:
        raise DataError(f"patch of shape {patch.shape} for image {image.shape}", "equal channels", "use to_grey or to_rgb")
    height, width = trim(image, top, left, *patch.shape[:2]).shape[:2]
    result = image.copy()
    result[top : top + height, left : left + width] = patch
    return result


def binarize(image: ImageArray, threshold: float = 128) -> ImageArray:
    """255 where x >= threshold (0 to 256), else 0, channel by channel."""
    _check_range("threshold", threshold, 0, 256)
    return np.where(_check(image) >= threshold, np.uint8(255), np.uint8(0))


def flip(image: ImageArray, direction: str = "horizontal") -> ImageArray:
    """Mirror left and right ("horizontal") or top and bottom ("vertical"), by slicing."""
    return (_check(image)[:, ::-1] if _flip_axis(direction) else _check(image)[::-1]).copy()


def flip_by_index(image: ImageArray, direction: str = "horizontal") -> ImageArray:
    """The same as `flip` by the second method: a gather with the indices n - 1, ..., 0."""
    axis = _flip_axis(direction)
    return np.take(_check(image), np.arange(image.shape[axis] - 1, -1, -1), axis=axis)


def _flip_axis(direction: str) -> int:
    directions = ("vertical", "horizontal")
    if direction not in directions:
        raise ConfigError(f"direction={direction!r}", "horizontal or vertical", nearest(str(direction), directions))
    return directions.index(direction)


def blend(first: ImageArray, second: ImageArray, share: float = 0.5) -> ImageArray:
    """Weighted sum of two images of one shape: share first + (1 - share) second, rounded; share from 0 to 1."""
    _check_range("share", share, 0, 1)
    if _check(first, "first").shape != _check(second, "second").shape:
        raise DataError(f"images of shapes {first.shape} and {second.shape}", "one shape", "use resize_cover on one of them")
    return np.rint(share * first.astype(np.float32) + (1 - share) * second.astype(np.float32)).astype(np.uint8)


def apply_mask(image: ImageArray, mask: np.ndarray, fill: int = 0) -> ImageArray:
    """Keep the pixels where the (height, width) mask is True or not 0; `fill` (0 to 255) elsewhere."""
    _check_range("fill", fill, 0, 255)
    if np.shape(mask) != _check(image).shape[:2]:
        raise DataError(f"mask of shape {np.shape(mask)}", f"{image.shape[:2]}, as the image", "resize the mask")
    keep = np.asarray(mask) != 0
    return np.where(keep if image.ndim == 2 else keep[:, :, None], image, np.uint8(fill))


def histogram(image: ImageArray) -> np.ndarray:
    """How many pixels have each value: int64 (channels, 256)."""
    return np.stack([np.bincount(channel.ravel(), minlength=256) for channel in split_channels(image)])


def to_gray(image: ImageArray) -> ImageArray:
    """0.299 R + 0.587 G + 0.114 B, rounded, as (height, width); the same integers as `open_image(..., mode="grey")`."""
    return np.array(to_plain(_image(image)).convert("L"))


def to_rgb(image: ImageArray) -> ImageArray:
    """(height, width, 3): grey three times, transparency over white."""
    return np.array(to_plain(_image(image)).convert("RGB"))


def add_channel(images: np.ndarray) -> np.ndarray:
    """Grey batch (N, height, width) to (N, height, width, 1), as convolutions want it."""
    return _check_batch(images, 3)[..., None]


def to_tensor(image: ImageArray) -> torch.Tensor:
    """One image as a batch of one: float32 (1, channels, height, width) in [0, 1]."""
    import torch

    stack = _check(image)[:, :, None] if image.ndim == 2 else image
    return torch.from_numpy(np.ascontiguousarray(stack.transpose(2, 0, 1))[None]).float() / 255


def from_tensor(tensor: torch.Tensor) -> ImageArray:
    """(1, channels, height, width) or (channels, height, width) in [0, 1] back to uint8; one channel gives (height, width)."""
    values = tensor.detach().float().cpu().numpy()
    values = values[0] if values.ndim == 4 and len(values) == 1 else values
    if values.ndim != 3 or values.size == 0:
        raise DataError(f"tensor of shape {tuple(tensor.shape)}", "(1, channels, height, width)", "pass one image of the batch")
    stack = _to_bytes(values).transpose(1, 2, 0)
    return _check(stack[:, :, 0] if stack.shape[2] == 1 else stack, "tensor as image").copy()


def flatten_images(images: np.ndarray) -> np.ndarray:
    """uint8 (N, height, width[, channels]) to float32 (N, height * width * channels) in [0, 1]: x / 255."""
    if getattr(images, "dtype", None) != np.uint8:
        raise DataError(f"images of dtype {getattr(images, 'dtype', type(images))}", "uint8", "use values from 0 to 255")
    batch = images if images.ndim == 4 else _check_batch(images, 3)
    return batch.reshape(len(batch), -1 if batch.size else 0).astype(np.float32) / 255


def unflatten_images(flat: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Exactly undo `flatten_images`: (N, features) in [0, 1] to uint8 (N, *shape), shape = (height, width[, channels])."""
    if _check_batch(flat, 2).shape[1] != np.prod(shape):
        raise DataError(f"rows of {flat.shape[1]} values", f"{' x '.join(map(str, shape))} values", "pass the original shape")
    return _to_bytes(flat).reshape(len(flat), *shape)


def _check_batch(array: Any, ndim: int) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.ndim != ndim:
        axes = "(N, features)" if ndim == 2 else "(N, height, width)"
        raise DataError(f"array of shape {np.shape(array)}", axes, "pass a NumPy array of this many axes")
    return array


def _to_bytes(values: np.ndarray) -> np.ndarray:
    if values.size and not (values.min() >= 0 and values.max() <= 1):  # also catches not-a-number
        raise DataError(f"values from {values.min():g} to {values.max():g}", "0 to 1", "clamp or rescale them first")
    return np.rint(values * 255).astype(np.uint8)


def image_grid(images: np.ndarray, columns: int | None = None) -> ImageArray:
    """Images of one size side by side on white, row by row.

    Args:
        images: uint8 `(items, height, width, channels)`.
        columns: images in a row; by default about as many as there are rows.
    """
    count, height, width, channels = images.shape
    columns = columns or max(1, round(count**0.5))
    rows, gap = -(-count // columns), 2
    grid = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        grid[top : top + height, left : left + width] = image
    return grid
