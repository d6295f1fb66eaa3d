"""Images with masks: where the mask of an image is, the parts, and both resized to one size.

In the Dataset, masks are class numbers, uint8 `(items, height, width)`, with `IGNORED` for pixels without a
class.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import IGNORED, Dataset, check_bad_files
from hibiscus.data.files import folder_part
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.reading import ImageReading, plan_reading
from hibiscus.data.masks.class_list import read_class_list, trained_class_list
from hibiscus.data.masks.class_numbers import read_masks
from hibiscus.data.masks.mask_classes import MaskClasses, determine_classes
from hibiscus.data.masks.mask_values import count_values
from hibiscus.data.masks.pairs import find_mask_pairs, match_masks
from hibiscus.data.parts import items_by_part
from hibiscus.errors import DataError

__all__ = ["LARGEST_DEFAULT_SIDE", "class_fractions", "mask_reading", "open_mask_folder"]

LARGEST_DEFAULT_SIDE = 320  # of images for pixel-wise predictions, unless image_size is given


def open_mask_folder(
    folder: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    white_level: float | None = None,
    known: Sequence[str] = (),
) -> Dataset:
    """Opens images with masks; see `find_mask_pairs` for the layouts of the folder.

    An image and its mask have the same path inside their folders, except for the extension. Images are
    resized to one size without preserving the aspect ratio, and masks likewise by nearest-neighbor sampling.

    Args:
        folder: the folder.
        image_size: side in pixels, or (height, width).
        channels: 1 or 3.
        max_bad_fraction: the largest fraction of images that may be unusable, or have no usable mask.
        white_level: of images with more than 8 bits, see `plan_reading`.
        known: the class names of training, by which the values are read if there is no class list.

    Raises:
        DataError: too many images without masks, masks of another size, or masks with values of no class.
    """
    pairs = find_mask_pairs(folder)
    matches = match_masks(folder, pairs)
    if not matches.images:
        received = f"{folder}: no image has a mask of the same name"
        raise DataError(received, "images/cat.jpg with masks/cat.png", "rename the masks")
    train = [part in ("", "train") for part in matches.parts]
    reading = mask_reading(matches.images, image_size, channels, white_level, train)
    pixels, keys, good, bad = decode_images(matches.images, reading.shape, "squash", reading.white_level)
    skipped = [*matches.skipped, *bad]
    both = [(matches.images[i], matches.masks[i]) for i in good]
    classes = _classes(folder, pairs, [mask for _, mask in both], known)
    notes = [*reading.notes, *matches.notes, *classes.notes]
    masks, valid = read_masks(both, classes, reading.shape[:2], skipped, notes)
    check_bad_files(str(folder), skipped, matches.total, max_bad_fraction)
    names = np.array([matches.parts[i] for i in good])[valid]
    ignored = float((masks == IGNORED).mean()) if masks.size else 0.0
    notes.insert(0, f"{reading.resize_note()}; classes: {', '.join(classes.names)}")
    if ignored:
        notes.append(
            f"{ignored:.1%} of the pixels have no class and are left out of training and of all metrics"
        )
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields={"image": pixels[valid] if len(valid) < len(pixels) else pixels, "mask": masks},
        ids=[both[i][0].relative_to(folder).as_posix() for i in valid],
        keys=keys[valid],
        parts=items_by_part(names),
        notes=notes,
        skipped=skipped,
        names={"mask": classes.names},
        about={**reading.about, "mask": class_fractions(masks, classes.names)},
    )


def _classes(
    folder: Path, pairs: Sequence[tuple[Path, Path]], masks: Sequence[Path], known: Sequence[str]
) -> MaskClasses:
    """The classes by the class list, by those of training, or by the values."""
    place = folder.resolve()  # so that the parent of "." is known
    above = [place.parent] if folder_part(place.name) else []
    inside = (below for images, masks in pairs for below in (images.parent, masks, images))
    listed = read_class_list(dict.fromkeys((folder, *inside, *above))) or trained_class_list(known)
    counts, mode = count_values(masks, listed.by if listed else None)
    return determine_classes(counts, mode, listed, str(folder))


def class_fractions(masks: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """The fraction of the pixels of each class, and of those without a class."""
    counts = np.bincount(masks.ravel(), minlength=256) if masks.size else np.ones(256)
    fractions = (counts[: len(names)] / counts.sum()).tolist()
    by_name = dict(zip(names, fractions, strict=True))
    return {**by_name, "(no class)": float(counts[IGNORED] / counts.sum())}


def mask_reading(
    files: Sequence[Path],
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    white_level: float | None = None,
    train: Sequence[bool] | None = None,
) -> ImageReading:
    """As `plan_reading`, with the size for pixel-wise predictions: that of the images, at most 320 a side."""
    reading = plan_reading(files, image_size, channels, white_level, train)
    if image_size is not None:
        return reading
    if not reading.sizes:
        return dataclasses.replace(reading, height=LARGEST_DEFAULT_SIDE, width=LARGEST_DEFAULT_SIDE)
    height, width = (float(side) for side in np.median(np.array(reading.sizes), axis=0))
    scale = min(1.0, LARGEST_DEFAULT_SIDE / max(height, width))
    return dataclasses.replace(
        reading, height=max(8, round(height * scale)), width=max(8, round(width * scale))
    )
