"""The items of arrays: images, or vectors and series of numbers, read alike in all parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from hibiscus.data.arrays.series_gaps import complete_series
from hibiscus.data.images.decode import to_plain
from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError

__all__ = ["CHANNELS", "read_items"]

SLICE = 2**24  # bytes
CHANNELS = (1, 3, 4)  # of images: grayscale, RGB, RGB with transparency
SMALLEST_PHOTO = 16  # pixels a side from which (height, width, 3) is taken for one image


def read_items(
    parts: Sequence[np.ndarray], path: str, white_level: float | None = None, series: bool | None = None
) -> tuple[str, list[np.ndarray], float | None, list[str]]:
    """The field that arrays hold, and their values in it.

    Args:
        parts: the items of each part, the training part first; its type and range decide for all.
        path: for messages.
        white_level: the value of white, if the images have other values than 0 to 255 or 0 to 1.
        series: whether each item is a series, `(steps,)` or `(steps, features)`, or a vector of its values;
            None to see from the shape and the type.

    Shapes: parts each `(items, ...)`; returns uint8 `(items, height, width, 1 or 3)` for the field `image`,
        or float32 `(items, features)` or `(items, steps, features)` for the field `array`.

    Returns:
        The name of the field, the values of each part, the white level if it was needed, and notes.

    Raises:
        DataError: no numbers, parts of different kinds, or values that are no images.
    """
    notes: list[str] = []
    parts = [_reshaped(values, series) for values in parts]
    # A memory-mapped file takes no memory of its own unless it is converted to float32 or uint8.
    check_memory(path, sum(_converted_bytes(values) for values in parts))
    for values in parts:
        _check(values, path)
    kinds = ["image" if _is_image(values) else "array" for values in parts]
    if len(set(kinds)) > 1:
        received = f"{path}: the parts have different fields ({', '.join(dict.fromkeys(kinds))})"
        raise DataError(received, "items of the same type and shape in each part", "save them alike")
    if kinds[0] == "array":
        numbers = [_as_numbers(values, path) for values in parts]
        if numbers[0].ndim == 3:
            steps, features = numbers[0].shape[1:]
            numbers, notes = complete_series(numbers, path)
            if series is None:
                read = f"read as series of {steps} steps with {features} numbers each"
                fix = f"for grayscale images, save them as (items, {steps}, {features}, 1) or as uint8"
                notes.insert(0, f"{read}; {fix}")
        return "array", numbers, None, notes
    images = [_channels_last(values, path, notes) for values in parts]
    scale, level = _scale(images, path, white_level, notes)
    return "image", [_as_bytes(values, scale) for values in images], level, list(dict.fromkeys(notes))


def _reshaped(values: np.ndarray, series: bool | None) -> np.ndarray:
    """Items as series or as vectors, if the user says so."""
    if series is None or values.ndim not in (2, 3):
        return values
    if not series:
        return values.reshape(len(values), -1)
    values = values.astype(np.float32) if values.dtype == np.uint8 else values
    return values[:, :, None] if values.ndim == 2 else values


def _check(values: np.ndarray, path: str) -> None:
    if values.dtype.kind not in "uifb":
        raise DataError(f"{path}: items of type {values.dtype}", "numbers", "provide texts as a CSV file")
    if values.dtype.kind == "f" and not _all_finite(values, missing=values.ndim == 3):
        raise DataError(f"{path}: non-finite values", "finite numbers", "replace or remove them")
    is_byte = values.dtype == np.uint8 and values.ndim == 3
    if is_byte and values.shape[2] in (3, 4) and min(values.shape[:2]) >= SMALLEST_PHOTO:
        raise DataError(
            f"{path}: an array {values.shape}, which looks like a single color image",
            "(items, height, width, channels)",
            "stack several images with numpy.stack, or save a single one as x[None]",
        )


def _is_image(values: np.ndarray) -> bool:
    return values.ndim == 4 or (values.ndim == 3 and values.dtype == np.uint8)


def _converted_bytes(values: np.ndarray) -> int:
    dtype = np.dtype(np.uint8 if _is_image(values) else np.float32)
    return 0 if values.dtype == dtype else values.size * dtype.itemsize


def _all_finite(values: np.ndarray, missing: bool = False) -> bool:
    """Whether all values are finite, or NaN where a value of a series is missing."""
    return not any((np.isinf if missing else _not_finite)(values[rows]).any() for rows in _slices(values))


def _not_finite(values: np.ndarray) -> np.ndarray:
    return ~np.isfinite(values)


def _slices(values: np.ndarray) -> Iterator[slice]:
    """Consecutive items, of which a temporary copy takes little memory."""
    step = max(1, SLICE // max(1, values[:1].nbytes))
    return (slice(start, start + step) for start in range(0, len(values), step))


def _as_numbers(values: np.ndarray, path: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32, copy=False)
    if not _all_finite(numbers, missing=numbers.ndim == 3):
        raise DataError(
            f"{path}: values that are too large for float32", "numbers within 3e38", "rescale them"
        )
    return numbers


def _channels_last(values: np.ndarray, path: str, notes: list[str]) -> np.ndarray:
    """Images as `(items, height, width, channels)`, also from channels first, as PyTorch has them."""
    if values.ndim == 3:
        return values[..., None]
    last, second = values.shape[3] in CHANNELS, values.shape[1] in CHANNELS
    if not last and not second:
        raise DataError(
            f"{path}: 4-D {values.dtype} array {values.shape}",
            "images (items, height, width, channels) with 1, 3 or 4 channels",
            "transpose it, for example with numpy.moveaxis(x, -1, 0), or save the images otherwise",
        )
    if last and second:
        notes.append(f"an array {values.shape} is read as (items, height, width, channels)")
    return values if last else values.transpose(0, 2, 3, 1)


def _scale(
    images: Sequence[np.ndarray], path: str, white_level: float | None, notes: list[str]
) -> tuple[float, float | None]:
    """The factor to 0..255 for all parts, and the white level if it is neither 1 nor 255."""
    low, high = min(float(values.min()) for values in images), float(images[0].max())
    top = max(float(values.max()) for values in images)
    if images[0].dtype == np.uint8 and all(values.dtype == np.uint8 for values in images):
        if 0 < high <= 1:
            notes.append("the pixels are 0 or 1, where 255 is white: the images are nearly black")
        return 1.0, None
    if low < 0:
        raise DataError(
            f"{path}: 4-D {images[0].dtype} array {images[0].shape} with values {low:g} to {top:g}",
            "images from 0 to 255 or in [0, 1]",
            "scale them to 0..255 and save them as uint8; from [-1, 1]: (x + 1) * 127.5",
        )
    if white_level is not None or high > 255:
        level = white_level or high
        notes.append(
            f"values above 255: 0 is black, {level:g}, the largest value of the training part, is white"
        )
        return 255 / level, level
    if high <= 1 < top:
        raise DataError(
            f"{path}: values up to {high:g} in the training part, but up to {top:g} in another",
            "the same range in each part, 0 to 255 or [0, 1]",
            "scale both parts alike",
        )
    if high <= 1 and images[0].dtype.kind == "f":
        notes.append("values in [0, 1] are read as gray levels or colors: 0 is black, 1 is white")
    return (255.0, None) if high <= 1 else (1.0, None)


def _as_bytes(values: np.ndarray, scale: float) -> np.ndarray:
    """Images as uint8, transparent pixels over white as those of files."""
    if values.dtype != np.uint8 or scale != 1:
        pixels = np.empty(values.shape, np.uint8)
        for rows in _slices(values):
            pixels[rows] = np.rint(np.minimum(values[rows] * scale, 255))
        values = pixels
    if values.shape[3] == 4:
        plain = [np.asarray(to_plain(Image.fromarray(np.ascontiguousarray(image)))) for image in values]
        values = np.stack(plain)
    return np.ascontiguousarray(values)
