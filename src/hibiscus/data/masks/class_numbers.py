"""Mask files as class numbers.

A mask is an image that gives the class of each pixel: by number (one channel), by black and white (0 and
255), or by color. All three become class numbers, with `IGNORED` for pixels without a class.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import IGNORED, Skipped
from hibiscus.data.images.headers import TRANSPOSED, scan_headers
from hibiscus.data.images.jpeg import TURNS
from hibiscus.data.masks.mask_classes import MAX_EDGE_FRACTION, MaskClasses
from hibiscus.data.masks.mask_values import COLOR, read_values
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["read_masks"]

UNKNOWN = 254  # no class has this number, as there are at most 254


def read_masks(
    pairs: Sequence[tuple[Path, Path]],
    classes: MaskClasses,
    size: tuple[int, int],
    skipped: list[Skipped],
    notes: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers uint8 `(good, height, width)`, and indices of good files.

    Args:
        pairs: each image with its mask.
        classes: the class of each value.
        size: (height, width) of the result, by nearest-neighbor sampling.
        skipped: receives the files that cannot be used.
        notes: receives what the user should know.
    """
    masks = np.empty((len(pairs), *size), np.uint8)
    good: list[int] = []
    doubtful: list[Path] = []
    for index, ((image, file), header) in enumerate(
        zip(pairs, scan_headers([image for image, _ in pairs]), strict=True)
    ):
        try:
            values = read_values(file, classes.mode)
            if header is not None:
                values = _upright(values, header.orientation, (header.height, header.width), file)
                doubtful += [image] if header.orientation in TURNS else []
            masks[len(good)] = _nearest(_class_numbers(values, classes, file), size)
            good.append(index)
        except DataError as error:
            skipped.append(Skipped(str(file), error.received, fix=error.fix))
    if doubtful:
        turned = plural(len(doubtful), "photo is turned by its", "photos are turned by their")
        notes.append(
            f"{turned} EXIF orientation ({doubtful[0].name}); masks of "
            "the size of the stored image are turned with it, others are taken as drawn on the upright photo"
        )
    return masks[: len(good)], np.array(good, np.int64)


def _upright(values: np.ndarray, orientation: int, size: tuple[int, int], file: Path) -> np.ndarray:
    """A mask in the orientation of its photo.

    Raises:
        DataError: the mask has another size than its image.
    """
    if values.shape == size:
        return values
    if orientation in TRANSPOSED and values.shape == size[::-1]:
        return TURNS[orientation](values[..., None])[..., 0]
    (height, width), (rows, columns) = size, values.shape
    received = f"{file}: {columns}x{rows} pixels, but its image has {width}x{height}"
    raise DataError(
        received, "a mask with the size of its image", "export the masks in the size of their images"
    )


def _class_numbers(values: np.ndarray, classes: MaskClasses, file: Path) -> np.ndarray:
    """Converts values to class numbers.

    Raises:
        DataError: a value of no class; or colors where numbers are expected.
    """
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    numbers = np.array([_number(value, classes) for value in distinct.tolist()], np.uint8)
    further = np.array([value not in classes.codes for value in distinct.tolist()])
    if counts[further].sum() > MAX_EDGE_FRACTION * values.size:  # more than edges: another kind of mask
        numbers[further] = UNKNOWN
    unknown = distinct[numbers == UNKNOWN].tolist()
    if unknown:
        raise _unknown(unknown, classes, file)
    return numbers[inverse].reshape(values.shape)


def _number(value: int, classes: MaskClasses) -> int:
    if value in classes.codes:
        return classes.codes[value]
    if classes.others == "nearest":
        known = [code for code, number in classes.codes.items() if number != IGNORED]
        return classes.codes[min(known, key=lambda code: _distance(value, code))]
    return IGNORED if classes.others == "ignore" else UNKNOWN


def _distance(value: int, other: int) -> int:
    """The squared distance of two colors or gray values."""
    colors = [
        [(code >> shift) & 255 for shift in (16, 8, 0)] if code >= COLOR else [code] * 3
        for code in (value, other)
    ]
    return sum((first - second) ** 2 for first, second in zip(*colors, strict=True))


def _unknown(values: Sequence[int], classes: MaskClasses, file: Path) -> DataError:
    colored = any(code >= COLOR for code in classes.codes)
    if not colored and any(value >= COLOR for value in values):
        fix = "add a list of colors: 128 64 128 road"
        return DataError(f"{file}: a color mask", "numbers, as in the other masks or the class list", fix)
    if colored:
        shown = ", ".join(
            f"#{value % COLOR if value >= COLOR else value * 0x10101:06x}" for value in values[:5]
        )
        return DataError(
            f"{file}: colors {shown} belong to no class", "colors of the class list", "correct the list"
        )
    known = f"the list has {len(classes.names)} classes: {', '.join(map(str, list(classes.codes)[:8]))}"
    received = f"{file}: values {', '.join(map(str, values[:5]))} belong to no class ({known})"
    fix = f"write the value before each name, as in {values[0]} NAME"
    return DataError(received, "values of the list", fix)


def _nearest(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Nearest-neighbor resize."""
    if values.shape == size:
        return values
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.int64)
        for new, old in zip(size, values.shape, strict=True)
    )
    return values[rows[:, None], columns[None]]
