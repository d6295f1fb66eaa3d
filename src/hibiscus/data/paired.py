"""Aligned image pairs, an input and a target: two folders with equal names, or both halves of each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, Skipped, check_bad_files
from hibiscus.data.files import PART_NAMES, find_images, is_hidden
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.decode import color_name
from hibiscus.data.images.headers import scan_headers
from hibiscus.data.images.ops import resize_squash
from hibiscus.data.images.reading import LARGEST_DEFAULT_SIDE, plan_reading
from hibiscus.data.keys import digest
from hibiscus.data.parts import items_by_part
from hibiscus.errors import ConfigError, DataError

__all__ = ["open_pairs"]

HALVES = ("left", "right")
DARK = 32  # the brightest value of images that are nearly black, such as class numbers
MAX_DISTORTION = 0.01  # relative difference of the aspect ratios of a pair


def open_pairs(
    folder: Path,
    pairs: str,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    white_level: float | None = None,
    max_bad_fraction: float = 0.05,
) -> Dataset:
    """Opens aligned image pairs as the fields `image`, the input, and `target_image`.

    Args:
        folder: the data.
        pairs: the names of two folders, `INPUT,TARGET`, in `folder` or in each of its parts; or `left` or
            `right`, the half of each image file that is the input, while the other half is the target.
        image_size: side, or (height, width), of each image; by default that of the inputs, at most 96.
        channels: 1 or 3, of inputs and targets; each detected by default.
        white_level: the value of white in images of more than 8 bits.
        max_bad_fraction: the largest fraction of pairs that may be unusable.

    Raises:
        ConfigError: `pairs` is neither.
        DataError: no such folders, no pairs, or too many unusable ones.
    """
    if pairs in HALVES:
        files, parts = _with_parts(folder, find_images(folder)[0])
        if not files:
            raise DataError(f"{folder}: no images", "images that show input and target", "check the path")
        fields, keys, good, skipped = _read_halves(files, pairs, image_size, channels, white_level)
        names, total = files, len(files)
    else:
        inputs, targets, parts, skipped = _match(folder, *_folder_names(pairs))
        total = len(inputs) + len(skipped)
        fields, keys, good, bad = _read_two(inputs, targets, image_size, channels, white_level)
        names, skipped = inputs, skipped + bad
    check_bad_files(str(folder), skipped, total, max_bad_fraction)
    height, width = fields["image"].shape[1:3]
    colors = [color_name(values.shape[3]) for values in fields.values()]
    kept = np.array(parts)[good]
    notes = [f"image pairs ({pairs}) resized to {height}x{width}: from {colors[0]} to {colors[1]}"]
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields=fields,
        ids=[names[i].relative_to(folder).as_posix() for i in good],
        keys=keys,
        parts=items_by_part(kept),
        notes=notes + _dark_notes(fields),
        skipped=skipped,
    )


def _folder_names(pairs: str) -> tuple[str, str]:
    names = [name.strip().strip("/") for name in pairs.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        expected = "two folders, INPUT,TARGET, or left or right for images that show both"
        raise ConfigError(f"pairs={pairs}", expected, "pairs=masks,images")
    return names[0], names[1]


def _with_parts(folder: Path, files: list[Path]) -> tuple[list[Path], list[str]]:
    """The files, and the part in whose folder each is."""
    return files, [_part_of(file.relative_to(folder)) for file in files]


def _part_of(relative: Path) -> str:
    parts = (PART_NAMES[name.lower()] for name in relative.parts[:-1] if name.lower() in PART_NAMES)
    return next(parts, "")


def _match(folder: Path, first: str, second: str) -> tuple[list[Path], list[Path], list[str], list[Skipped]]:
    """The inputs, their targets of the same relative path, their parts, and the images without a partner."""
    children = [child for child in sorted(folder.iterdir()) if child.is_dir() and not is_hidden(child.name)]
    roots = [folder, *(child for child in children if child.name.lower() in PART_NAMES)]
    roots = [root for root in roots if (root / first).is_dir() and (root / second).is_dir()]
    if not roots:
        known = ", ".join(child.name for child in children) or "no folders"
        received = f"{folder}: no folders {first} and {second} (there are: {known})"
        raise DataError(received, "two folders of aligned images", "pairs=INPUT,TARGET with their names")
    inputs, targets, skipped = [], [], []
    for root in roots:
        of_input, of_target = (_by_stem(root / name) for name in (first, second))
        for stem in sorted(of_input.keys() | of_target.keys()):
            if stem in of_input and stem in of_target:
                inputs.append(of_input[stem])
                targets.append(of_target[stem])
            else:
                file = of_input.get(stem) or of_target[stem]
                missing = second if stem in of_input else first
                skipped.append(Skipped(str(file), f"{file}: no image of this name in {root / missing}"))
    if not inputs:
        received = f"{folder}: no image of {first} has one of the same name in {second}"
        raise DataError(received, f"{first}/1.png with {second}/1.jpg", "rename the files")
    return inputs, targets, _with_parts(folder, inputs)[1], skipped


def _by_stem(folder: Path) -> dict[str, Path]:
    files = find_images(folder)[0]
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}


def _read_two(
    inputs: list[Path],
    targets: list[Path],
    image_size: int | Sequence[int] | None,
    channels: int | None,
    white_level: float | None,
) -> tuple[dict[str, np.ndarray], np.ndarray, list[int], list[Skipped]]:
    reading = plan_reading(inputs, image_size, channels, white_level)
    size = (reading.height, reading.width)
    goal = plan_reading(targets, size, channels, white_level)
    images, image_keys, image_good, bad = decode_images(inputs, reading.shape, "cover", reading.white_level)
    target_images, keys, target_good, worse = decode_images(targets, goal.shape, "cover", goal.white_level)
    skipped = [*bad, *worse]
    headers = zip(scan_headers(inputs), scan_headers(targets), strict=True)
    both = set(image_good.tolist()) & set(target_good.tolist())
    for index, (one, other) in enumerate(headers):
        if index in both and one and other:
            ratio = one.width * other.height / (one.height * other.width)
            if abs(ratio - 1) > MAX_DISTORTION:
                sizes = f"{one.width}x{one.height}, its target {other.width}x{other.height}"
                skipped.append(Skipped(str(inputs[index]), f"{inputs[index]}: {sizes}, not aligned"))
                both.remove(index)
    good = sorted(both)
    rows, target_rows = np.searchsorted(image_good, good), np.searchsorted(target_good, good)
    fields = {"image": _rows(images, rows), "target_image": _rows(target_images, target_rows)}
    return fields, _joint_keys(image_keys[rows], keys[target_rows]), good, skipped


def _read_halves(
    files: list[Path],
    half: str,
    image_size: int | Sequence[int] | None,
    channels: int | None,
    white_level: float | None,
) -> tuple[dict[str, np.ndarray], np.ndarray, list[int], list[Skipped]]:
    skipped, even = [], []
    for file, header in zip(files, scan_headers(files), strict=True):
        if header and header.width % 2:
            skipped.append(Skipped(str(file), f"{file}: {header.width} pixels wide, not two equal halves"))
        else:
            even.append(file)
    reading = plan_reading(even, image_size, channels, white_level)
    size = (reading.height, reading.width)
    whole = Counter(reading.sizes).most_common(1)[0][0] if reading.sizes else (size[0], 2 * size[1])
    if image_size is None:
        scale = min(1.0, LARGEST_DEFAULT_SIDE / max(whole[0], whole[1] // 2))
        size = (max(8, round(scale * whole[0])), max(8, round(scale * whole[1] / 2)))
    # At their own size first: resizing both halves at once would mix them where they touch.
    pixels, keys, kept, bad = decode_images(even, (*whole, reading.channels), "squash", reading.white_level)
    halves = pixels[:, :, : whole[1] // 2], pixels[:, :, whole[1] // 2 :]
    image, target = (_resized(x, size) for x in (halves if half == "left" else halves[::-1]))
    numbers = {file: number for number, file in enumerate(files)}
    return {"image": image, "target_image": target}, keys, [numbers[even[i]] for i in kept], [*skipped, *bad]


def _resized(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A contiguous copy of the images at a size."""
    if images.shape[1:3] == size:
        return np.ascontiguousarray(images)
    shape = (*size, images.shape[3])
    plain = images[..., 0] if images.shape[3] == 1 else images
    return np.stack([resize_squash(np.ascontiguousarray(image), size).reshape(shape) for image in plain])


def _rows(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The rows of an array, or the array itself (which may be memory-mapped) if these are all."""
    return images if len(rows) == len(images) else images[rows]


def _joint_keys(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One key for each pair, from the keys of its images."""
    pairs = np.stack([first, second], 1).astype("<u8")
    return np.fromiter((digest(pair.tobytes()) for pair in pairs), np.uint64, len(pairs))


def _dark_notes(fields: dict[str, np.ndarray]) -> list[str]:
    """A warning if images are nearly black, as class numbers are."""
    dark = [name for name, values in fields.items() if values[:64].size and values[:64].max() < DARK]
    return [
        f"the {name.replace('_', ' ')}s are nearly black (class numbers?): save them in colors"
        for name in dark
    ]
