"""Mask files as class numbers.

A mask is an image that gives the class of each pixel: by number (8-bit, one channel), by black and white (0
    and 255), or
by color. All three become class numbers, with `IGNORED` for pixels without a class.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from hibiscus.data.dataset import IGNORED, Skipped
from hibiscus.data.images.headers import read_headers
from hibiscus.data.images.jpeg import jpeg_bytes
from hibiscus.data.masks.class_list import MAX_CLASSES, ClassList, numbered
from hibiscus.errors import DataError

__all__ = ["infer_classes", "read_masks"]


def infer_classes(files: Sequence[Path]) -> ClassList:
    """The classes of masks without a class list: black and white, numbers from 0, or a few colors."""
    values: set[tuple[int, ...]] = set()
    for file in files:  # all of them, as a rare class may occur in only one
        try:
            pixels = _open_mask(file)
        except DataError:
            continue
        flat = pixels.reshape(-1, *pixels.shape[2:])
        unique = np.unique(flat, axis=0).reshape(-1, flat.shape[1] if flat.ndim == 2 else 1)
        values |= set(map(tuple, unique.tolist()))
        if len(values) > MAX_CLASSES + 1:
            received = f"{file}: the masks have more than {MAX_CLASSES} distinct values"
            raise DataError(received, "a few classes", "add a class list, classes.txt")
    if any(len(value) == 3 for value in values):
        return numbered(
            {value: "#{:02x}{:02x}{:02x}".format(*value) for value in sorted(values) if len(value) == 3}
        )
    gray = sorted(value[0] for value in values)
    if set(gray) <= {0, 255}:
        return ClassList(("black", "white"), {0: 0, 255: 1}, {})
    top = max((value for value in gray if value != IGNORED), default=0)
    numbers = {value: value for value in range(top + 1)}
    return ClassList(tuple(f"class {value}" for value in numbers), {**numbers, IGNORED: IGNORED}, {})


def read_masks(
    pairs: Sequence[tuple[Path, Path]], classes: ClassList, size: tuple[int, int], skipped: list[Skipped]
) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers uint8 `(good, height, width)`, and indices of good files; adds others to `skipped`."""
    masks = np.empty((len(pairs), *size), np.uint8)
    good: list[int] = []
    for index, (image, file) in enumerate(pairs):
        try:
            raw = _open_mask(file, bool(classes.colors))
            _check_size(image, file, raw.shape[:2])
            masks[len(good)] = _nearest(_class_numbers(raw, classes, file), size)
            good.append(index)
        except DataError as error:
            skipped.append(Skipped(str(file), error.received))
    return masks[: len(good)], np.array(good, np.int64)


def _open_mask(file: Path, colored: bool = False) -> np.ndarray:
    """The raw values of a mask, uint8 `(height, width)` of numbers or `(height, width, 3)` of colors.

    A palette image gives the numbers, or, if `colored`, the colors of the palette.

    Raises:
        DataError: it cannot be read, has a lossy format, or has 16 bits.
    """
    try:
        with Image.open(file, formats=["PNG", "BMP", "TIFF", "GIF", "PPM", "WEBP"]) as image:
            if image.width * image.height > 2**26:
                received = f"{file}: {image.width} x {image.height} pixels"
                raise DataError(received, f"at most {2**26:,} pixels", "reduce it")
            is_color = image.mode in ("RGB", "RGBA") or (colored and image.mode == "P")
            plain = image.convert("RGB") if is_color else image if image.mode == "P" else image.convert("L")
            if image.mode.startswith(("I", "F")):
                received = f"{file}: a mask with mode {image.mode}"
                raise DataError(received, "8 bits per pixel, or colors", "save it as an 8-bit PNG")
            return np.array(plain)
    except DataError:
        raise
    except Exception as error:  # decoders raise errors of any type for hostile bytes
        lossy = file.is_file() and jpeg_bytes(file) is not None
        what = (
            "a JPEG, which alters class numbers" if lossy else f"not a mask ({error or type(error).__name__})"
        )
        fix = "save the masks as PNG, from their lossless originals"
        raise DataError(f"{file}: {what}", "a PNG, BMP, TIFF or GIF", fix) from None


def _check_size(image: Path, file: Path, size: tuple[int, ...]) -> None:
    """Raises DataError unless a mask has the size of its image."""
    expected = read_headers([image])[0]
    if expected and tuple(size) != expected[0]:
        (height, width), (rows, columns) = expected[0], size
        received = f"{file}: {columns}x{rows} pixels, but its image has {width}x{height}"
        raise DataError(received, "a mask with the size of its image", "export the mask again")


def _class_numbers(raw: np.ndarray, classes: ClassList, file: Path) -> np.ndarray:
    """Converts gray values or colors to class numbers.

    Raises:
        DataError: a value of no class; or colors where numbers are expected, or the reverse.
    """
    if raw.ndim == 2 and classes.values:
        table = np.full(256, 254, np.uint8)
        table[list(classes.values)] = list(classes.values.values())
        table[IGNORED] = classes.values.get(
            IGNORED, IGNORED
        )  # by convention 255 has no class, unless the list names it
        numbers = table[raw]
        if (numbers == 254).any():
            unknown = np.unique(raw[numbers == 254])
            known = (
                f"the list has {len(classes.names)} classes: {', '.join(map(str, list(classes.values)[:8]))}"
            )
            received = f"{file}: values {', '.join(map(str, unknown[:5]))} belong to no class ({known})"
            raise DataError(received, "values of the list", "correct the list")
        return numbers
    if raw.ndim == 2:
        raw = np.repeat(raw[..., None], 3, axis=2)
    if not classes.colors:
        if (raw == raw[..., :1]).all():
            return _class_numbers(raw[..., 0], classes, file)
        fix = "add a list of colors: 128 64 128 road"
        raise DataError(f"{file}: a color mask", "numbers, as in the class list", fix)
    codes = raw.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    numbers = np.full(codes.shape, 254, np.uint8)
    for (red, green, blue), number in classes.colors.items():
        numbers[codes == red * 65536 + green * 256 + blue] = number
    if (numbers == 254).any():
        unknown = np.unique(codes[numbers == 254])
        colors = ", ".join(f"#{code:06x}" for code in unknown[:5])
        raise DataError(
            f"{file}: colors {colors} belong to no class", "colors of the class list", "correct the list"
        )
    return numbers


def _nearest(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Nearest-neighbor resize."""
    if values.shape == size:
        return values
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.int64)
        for new, old in zip(size, values.shape, strict=True)
    )
    return values[rows[:, None], columns[None]]
