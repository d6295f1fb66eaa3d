"""Images with masks: where the mask of an image is, the parts, and both resized to one size.

In the Dataset, masks are class numbers, uint8 `(items, height, width)`, with `IGNORED` for pixels without a
class.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import IGNORED, Dataset, Skipped, check_bad_files
from hibiscus.data.files import IMAGE_ENDINGS, MASK_FOLDERS, PART_NAMES, find_images, is_hidden, walk_files
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.reading import ImageReading, plan_reading
from hibiscus.data.masks.class_list import ClassList, read_class_list
from hibiscus.data.masks.class_numbers import infer_classes, read_masks
from hibiscus.errors import DataError

__all__ = ["LARGEST_DEFAULT_SIDE", "find_mask_pairs", "mask_reading", "open_mask_folder"]

LARGEST_DEFAULT_SIDE = 320  # of images for pixel-wise predictions, unless image_size is given
MAX_LIST_BYTES = 2**26
IMAGE_FOLDERS = ("images", "image", "imgs", "img", "jpegimages", "photos", "pictures")


def find_mask_pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Each folder of images with the corresponding folder of masks; empty if there is none.

    Recognized are `images/` and `masks/`, in the folder or in its parts, and `train/` with `trainannot/`.
    """
    children = {
        child.name.lower(): child
        for child in sorted(folder.iterdir())
        if child.is_dir() and not is_hidden(child.name)
    }
    images = [children[name] for name in IMAGE_FOLDERS if name in children]
    masks = [children[name] for name in MASK_FOLDERS if name in children and _holds_images(children[name])]
    if images and masks:
        return [(images[0], masks[0])]
    beside = [
        (child, children[name + "annot"]) for name, child in children.items() if name + "annot" in children
    ]
    if beside:
        return beside
    inner = [
        pair for name, child in children.items() if name in PART_NAMES for pair in find_mask_pairs(child)
    ]
    if inner or len(children) != 1:
        return inner
    return find_mask_pairs(next(iter(children.values())))


def _holds_images(folder: Path) -> bool:
    return any(file.suffix.lower() in IMAGE_ENDINGS for file in walk_files(folder))


def open_mask_folder(
    folder: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    white_level: float | None = None,
) -> Dataset:
    """Opens images with masks; see `find_mask_pairs` for the layouts of the folder.

    An image and its mask have the same path inside their folders, except for the extension. Images are
    resized to one size without preserving the aspect ratio, and masks likewise by nearest-neighbor sampling.

    Raises:
        DataError: too many images without masks, masks of another size, or masks with values of no class.
    """
    pairs = find_mask_pairs(folder)
    matched, skipped, total = _match(folder, pairs)
    images = [image for image, _, _ in matched]
    train = [part in ("", "train") for _, _, part in matched]
    reading = mask_reading(images, image_size, channels, white_level, train)
    pixels, keys, good, bad = decode_images(images, reading.shape, "squash", reading.white_level)
    skipped += bad
    matched = [matched[i] for i in good]
    above = [folder.parent] if folder.resolve().name.lower() in PART_NAMES else []
    folders = dict.fromkeys((folder, *(images.parent for images, _ in pairs), *above))
    classes = read_class_list(folders) or infer_classes([mask for _, mask, _ in matched])
    masks, valid = read_masks(
        [(image, mask) for image, mask, _ in matched], classes, reading.shape[:2], skipped
    )
    check_bad_files(str(folder), skipped, total, max_bad_fraction)
    names = np.array([part for _, _, part in matched])[valid]
    ignored = float((masks == IGNORED).mean()) if masks.size else 0.0
    notes = [f"{reading.resize_note()}; classes: {', '.join(classes.names)}", *reading.notes]
    if ignored:
        notes.append(
            f"{ignored:.1%} of the pixels have no class and are left out of training and of all metrics"
        )
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields={"image": pixels[valid] if len(valid) < len(pixels) else pixels, "mask": masks},
        ids=[matched[i][0].relative_to(folder).as_posix() for i in valid],
        keys=keys[valid],
        parts={part: np.flatnonzero(names == part) for part in ("train", "val", "test") if part in names},
        notes=notes,
        skipped=skipped,
        names={"mask": classes.names},
        about={**reading.about, "mask": _class_fractions(masks, classes)},
    )


def _class_fractions(masks: np.ndarray, classes: ClassList) -> dict[str, float]:
    """The fraction of the pixels of each class, and of those without a class."""
    counts = np.bincount(masks.ravel(), minlength=256) if masks.size else np.ones(256)
    fractions = (counts[: len(classes.names)] / counts.sum()).tolist()
    by_name = dict(zip(classes.names, fractions, strict=True))
    return {**by_name, "(no class)": float(counts[IGNORED] / counts.sum())}


def _match(
    folder: Path, pairs: list[tuple[Path, Path]]
) -> tuple[list[tuple[Path, Path, str]], list[Skipped], int]:
    """Each image with its mask and part, the images without a mask, and the number of all images."""
    matched: list[tuple[Path, Path, str]] = []
    skipped: list[Skipped] = []
    total = 0
    for images, masks in pairs:
        known = {mask.relative_to(masks).with_suffix("").as_posix(): mask for mask in find_images(masks)[0]}
        part = _part_of(images.relative_to(folder).parts)
        listed = _listed_parts(images.parent)
        files = find_images(images)[0]
        total += len(files)
        for file in files:
            stem = file.relative_to(images).with_suffix("").as_posix()
            candidates = (stem, f"{stem}_mask", f"{stem}_L", f"{stem}_label", f"{stem}_P")
            mask = next((known[name] for name in candidates if name in known), None)
            if mask is None:
                skipped.append(Skipped(str(file), f"{file}: no mask with this name in {masks}"))
            else:
                matched.append((file, mask, part or listed.get(stem, "")))
    if not matched:
        received = f"{folder}: no image has a mask of the same name"
        raise DataError(received, "images/cat.jpg with masks/cat.png", "rename the masks")
    if any(part for _, _, part in matched):  # images that no list names belong to training
        matched = [(file, mask, part or "train") for file, mask, part in matched]
    return matched, skipped, total


def _part_of(parts: tuple[str, ...]) -> str:
    return next((PART_NAMES[name.lower()] for name in parts if name.lower() in PART_NAMES), "")


def _listed_parts(folder: Path) -> dict[str, str]:
    """The part of each image by its stem, if `train.txt`, `val.txt` or `test.txt` list them."""
    part_of = {}
    for part in ("train", "val", "test"):
        file = folder / f"{part}.txt"
        if file.is_file() and file.stat().st_size <= MAX_LIST_BYTES:
            for line in file.read_text(encoding="utf-8", errors="replace").split():
                part_of[Path(line).stem] = part
    return part_of


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
