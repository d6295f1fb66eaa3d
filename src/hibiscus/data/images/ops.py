"""Pictures as uint8 arrays: the classic operations on what the decoder in `decode.py` yields.

A picture is `(height, width)` when grey and `(height, width, channels)` otherwise, 0 black and 255 white. Every function
returns a new array, and refuses what is not a picture with a DataError, what is out of its range with a ConfigError.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from hibiscus.data.images.decode import FORMATS, PIXEL_LIMIT, Picture, check_size, open_picture, resized, to_plain
from hibiscus.errors import ConfigError, DataError, nearest

if TYPE_CHECKING:
    import torch

__all__ = [
    "PIXEL_LIMIT",
    "add_channel",
    "apply_mask",
    "binarise",
    "blend",
    "describe",
    "flatten_pictures",
    "flip",
    "flip_by_index",
    "from_tensor",
    "histogram",
    "negative",
    "open_picture",
    "pad",
    "pad_to",
    "paste",
    "picture_grid",
    "reduce_colours",
    "resize_cover",
    "resize_squash",
    "rotate",
    "save_picture",
    "split_channels",
    "to_grey",
    "to_rgb",
    "to_tensor",
    "trim",
    "unflatten_pictures",
]  # fmt: skip


def _check(picture: Any, name: str = "picture") -> Picture:
    """The array itself if it is a uint8 picture."""
    if not isinstance(picture, np.ndarray):
        raise DataError(f"{name} is a {type(picture).__name__}", "a NumPy uint8 array", "use open_picture or numpy.asarray")
    if picture.dtype != np.uint8:
        raise DataError(f"{name} of dtype {picture.dtype}", "uint8, 0 to 255", "for values in [0, 1]: (255 * a).round().astype('uint8')")
    if picture.ndim not in (2, 3) or picture.size == 0 or (picture.ndim == 3 and picture.shape[2] > 4):
        expected = "(height, width) or (height, width, channels) with 1 to 4 channels, not empty"
        raise DataError(f"{name} of shape {picture.shape}", expected, "pass one picture, channels last")
    return picture


def _check_range(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{name}={value!r}", f"{low:g} to {high:g}", f"choose {name} in this range")


def _image(picture: Picture) -> Image.Image:
    picture = _check(picture)
    return Image.fromarray(picture[:, :, 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)


def describe(picture: Picture) -> dict[str, Any]:
    """Shape, dtype, range, mean, mode, channels (2 axes: 1, else the third) and bytes, as plain Python values."""
    channels = 1 if _check(picture).ndim == 2 else picture.shape[2]
    values = {"low": int(picture.min()), "high": int(picture.max()), "mean": float(picture.mean())}
    mode = {1: "grey", 2: "grey+alpha", 3: "rgb", 4: "rgb+alpha"}[channels]
    return {"shape": picture.shape, "dtype": "uint8", "channels": channels, "mode": mode, "bytes": picture.nbytes, **values}


def save_picture(picture: Picture, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """Write an array as the kind of file that the ending names; an existing file is kept unless `overwrite`."""
    path, known, encoded = Path(path), Image.registered_extensions(), io.BytesIO()
    kind = known.get(path.suffix.lower())
    if kind not in Image.SAVE or kind not in FORMATS:
        raise DataError(f"{path}: no picture format is called {path.suffix!r}", ".png, .jpg, .webp, .bmp or .tiff", "add an ending")
    try:
        _image(picture).save(encoded, format=kind, quality=95)
        with path.open("wb" if overwrite else "xb") as file:
            file.write(encoded.getvalue())
    except FileExistsError as error:
        raise DataError(f"{path}: exists already", "a new name", "choose another, or pass overwrite=True") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error})", "a folder to write in", "check the path and the channels") from error
    return path


def resize_cover(picture: Picture, size: tuple[int, int]) -> Picture:
    """Scale the short side to fit and crop the centre: (height, width) without distortion."""
    return np.array(resized(_image(picture), check_size(size), "cover"))


def resize_squash(picture: Picture, size: tuple[int, int]) -> Picture:
    """Scale each side by itself: the whole picture, perhaps distorted."""
    return np.array(resized(_image(picture), check_size(size), "squash"))


def rotate(picture: Picture, degrees: float, expand: bool = True) -> Picture:
    """Turn counter-clockwise, corners black; quarter turns are exact, `expand` grows the frame to hold all of it."""
    if degrees % 90 == 0 and (expand or degrees % 180 == 0):
        return np.rot90(_check(picture), int(degrees // 90)).copy()
    return np.array(_image(picture).rotate(degrees, Image.Resampling.BILINEAR, expand=expand))


def negative(picture: Picture) -> Picture:
    """255 - x."""
    return 255 - _check(picture)


def pad(picture: Picture, border: int | tuple[int, int, int, int], value: int = 0) -> Picture:
    """Add a border (black) of one width, or of (top, bottom, left, right) pixels."""
    top, bottom, left, right = (border,) * 4 if isinstance(border, int) else border
    _check_range("border", min(top, bottom, left, right), 0, np.inf)
    widths = ((top, bottom), (left, right), (0, 0))[: _check(picture).ndim]
    return np.pad(picture, widths, constant_values=value)


def pad_to(pictures: Picture, size: tuple[int, int], value: int = 0) -> Picture:
    """Centre one picture, or a batch (N, height, width, channels), in a larger black frame: MNIST 28 x 28 to SVHN's 32 x 32."""
    axis = 1 if getattr(pictures, "ndim", 0) == 4 else 0
    found = (pictures if axis else _check(pictures)).shape[axis : axis + 2]
    missing = np.subtract(check_size(size), found)
    if missing.min() < 0:
        raise DataError(f"pictures of {found} pixels", f"at most {tuple(size)}", "trim or resize them first")
    widths = [(0, 0)] * pictures.ndim
    widths[axis : axis + 2] = [(int(n) // 2, int(n) - int(n) // 2) for n in missing]
    return np.pad(pictures, widths, constant_values=value)


def split_channels(picture: Picture, coloured: bool = False) -> list[Picture]:
    """Each channel as a grey picture (height, width), or `coloured`: the whole picture with the other channels black."""
    stack = _check(picture)[:, :, None] if picture.ndim == 2 else picture
    if not coloured:
        return [stack[:, :, channel].copy() for channel in range(stack.shape[2])]
    return [stack * row for row in np.eye(stack.shape[2], dtype=np.uint8)]


def reduce_colours(picture: Picture, levels: int) -> Picture:
    """Quantise each channel to `levels` (2 to 256) even steps: floor(x levels / 256) 255 / (levels - 1), rounded."""
    _check_range("levels", levels, 2, 256)
    table = np.rint(np.arange(256) * int(levels) // 256 * (255 / (int(levels) - 1))).astype(np.uint8)
    return table[_check(picture)]


def trim(picture: Picture, top: int, left: int, height: int, width: int) -> Picture:
    """Cut out the box of (height, width) pixels whose first pixel is (top, left)."""
    rows, columns = _check(picture).shape[:2]
    if min(top, left) < 0 or min(height, width) < 1 or top + height > rows or left + width > columns:
        asked = f"a box of {height} x {width} pixels at ({top}, {left})"
        raise DataError(asked, f"a box inside the picture of {rows} x {columns}", "choose a smaller box")
    return picture[top : top + height, left : left + width].copy()


def paste(picture: Picture, patch: Picture, top: int = 0, left: int = 0) -> Picture:
    """Lay `patch`, of as many channels, over the picture with its first pixel at (top, left)."""
    if _check(picture).shape[2:] != _check(patch, "patch").shape[2:]:
        raise DataError(f"patch of shape {patch.shape} for picture {picture.shape}", "equal channels", "use to_grey or to_rgb")
    height, width = trim(picture, top, left, *patch.shape[:2]).shape[:2]
    result = picture.copy()
    result[top : top + height, left : left + width] = patch
    return result


def binarise(picture: Picture, threshold: float = 128) -> Picture:
    """255 where x >= threshold (0 to 256), else 0, channel by channel."""
    _check_range("threshold", threshold, 0, 256)
    return np.where(_check(picture) >= threshold, np.uint8(255), np.uint8(0))


def flip(picture: Picture, direction: str = "horizontal") -> Picture:
    """Mirror left and right ("horizontal") or top and bottom ("vertical"), by slicing."""
    return (_check(picture)[:, ::-1] if _flip_axis(direction) else _check(picture)[::-1]).copy()


def flip_by_index(picture: Picture, direction: str = "horizontal") -> Picture:
    """The same as `flip` by the second method: a gather with the indices n - 1, ..., 0."""
    axis = _flip_axis(direction)
    return np.take(_check(picture), np.arange(picture.shape[axis] - 1, -1, -1), axis=axis)


def _flip_axis(direction: str) -> int:
    directions = ("vertical", "horizontal")
    if direction not in directions:
        raise ConfigError(f"direction={direction!r}", "horizontal or vertical", nearest(str(direction), directions))
    return directions.index(direction)


def blend(first: Picture, second: Picture, share: float = 0.5) -> Picture:
    """Weighted sum of two pictures of one shape: share first + (1 - share) second, rounded; share from 0 to 1."""
    _check_range("share", share, 0, 1)
    if _check(first, "first").shape != _check(second, "second").shape:
        raise DataError(f"pictures of shapes {first.shape} and {second.shape}", "one shape", "use resize_cover on one of them")
    return np.rint(share * first.astype(np.float32) + (1 - share) * second.astype(np.float32)).astype(np.uint8)


def apply_mask(picture: Picture, mask: np.ndarray, fill: int = 0) -> Picture:
    """Keep the pixels where the (height, width) mask is True or not 0; `fill` (0 to 255) elsewhere."""
    _check_range("fill", fill, 0, 255)
    if np.shape(mask) != _check(picture).shape[:2]:
        raise DataError(f"mask of shape {np.shape(mask)}", f"{picture.shape[:2]}, as the picture", "resize the mask")
    keep = np.asarray(mask) != 0
    return np.where(keep if picture.ndim == 2 else keep[:, :, None], picture, np.uint8(fill))


def histogram(picture: Picture) -> np.ndarray:
    """How many pixels have each value: int64 (channels, 256)."""
    return np.stack([np.bincount(channel.ravel(), minlength=256) for channel in split_channels(picture)])


def to_grey(picture: Picture) -> Picture:
    """0.299 R + 0.587 G + 0.114 B, rounded, as (height, width); the same integers as `open_picture(..., mode="grey")`."""
    return np.array(to_plain(_image(picture)).convert("L"))


def to_rgb(picture: Picture) -> Picture:
    """(height, width, 3): grey three times, transparency over white."""
    return np.array(to_plain(_image(picture)).convert("RGB"))


def add_channel(pictures: np.ndarray) -> np.ndarray:
    """Grey batch (N, height, width) to (N, height, width, 1), as convolutions want it."""
    return _check_batch(pictures, 3)[..., None]


def to_tensor(picture: Picture) -> torch.Tensor:
    """One picture as a batch of one: float32 (1, channels, height, width) in [0, 1]."""
    import torch

    stack = _check(picture)[:, :, None] if picture.ndim == 2 else picture
    return torch.from_numpy(np.ascontiguousarray(stack.transpose(2, 0, 1))[None]).float() / 255


def from_tensor(tensor: torch.Tensor) -> Picture:
    """(1, channels, height, width) or (channels, height, width) in [0, 1] back to uint8; one channel gives (height, width)."""
    values = tensor.detach().float().cpu().numpy()
    values = values[0] if values.ndim == 4 and len(values) == 1 else values
    if values.ndim != 3 or values.size == 0:
        raise DataError(f"tensor of shape {tuple(tensor.shape)}", "(1, channels, height, width)", "pass one picture of the batch")
    stack = _to_bytes(values).transpose(1, 2, 0)
    return _check(stack[:, :, 0] if stack.shape[2] == 1 else stack, "tensor as picture").copy()


def flatten_pictures(pictures: np.ndarray) -> np.ndarray:
    """uint8 (N, height, width[, channels]) to float32 (N, height * width * channels) in [0, 1]: x / 255."""
    if getattr(pictures, "dtype", None) != np.uint8:
        raise DataError(f"pictures of dtype {getattr(pictures, 'dtype', type(pictures))}", "uint8", "use values from 0 to 255")
    batch = pictures if pictures.ndim == 4 else _check_batch(pictures, 3)
    return batch.reshape(len(batch), -1 if batch.size else 0).astype(np.float32) / 255


def unflatten_pictures(flat: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Exactly undo `flatten_pictures`: (N, features) in [0, 1] to uint8 (N, *shape), shape = (height, width[, channels])."""
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


def picture_grid(pictures: np.ndarray, columns: int | None = None) -> Picture:
    """Pictures of one size side by side on white, row by row.

    Args:
        pictures: uint8 `(items, height, width, channels)`.
        columns: pictures in a row; by default about as many as there are rows.
    """
    count, height, width, channels = pictures.shape
    columns = columns or max(1, round(count**0.5))
    rows, gap = -(-count // columns), 2
    grid = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        grid[top : top + height, left : left + width] = picture
    return grid
