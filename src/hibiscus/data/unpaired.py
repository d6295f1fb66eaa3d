"""Two unpaired image domains: folders of `trainA` and `trainB`, joined datasets, and their parts."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset, check_bad_files
from hibiscus.data.files import PART_NAMES, find_images, relative_names
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.decode import color_name
from hibiscus.data.images.ops import resize_cover, to_gray, to_rgb
from hibiscus.data.images.reading import plan_reading
from hibiscus.data.parts import items_by_part
from hibiscus.data.split import make_split
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import DataError

__all__ = [
    "bring_to_shape",
    "check_domains",
    "domain_folders",
    "join_domains",
    "open_domain_folder",
    "split_domains",
]


def domain_folders(folder: Path) -> dict[Path, tuple[str, str]]:
    """Part and domain of folders named `trainA`, `train_B`, `testA` ...; empty unless both have training."""
    folders = {}
    for child in sorted(folder.iterdir()):
        match = re.fullmatch(rf"({'|'.join(PART_NAMES)})[ _-]?([AB])", child.name, re.IGNORECASE)
        if match and child.is_dir():
            folders[child] = (PART_NAMES[match[1].lower()], match[2].upper())
    complete = {("train", "A"), ("train", "B")} <= set(folders.values())
    return dict(sorted(folders.items(), key=lambda item: item[1])) if complete else {}  # A before B


def open_domain_folder(
    folder: Path,
    max_bad_fraction: float = 0.05,
    **shape: Any,
) -> Dataset:
    """Opens a folder of `trainA` and `trainB`, possibly with `valA`, `valB`, `testA` and `testB`.

    Raises:
        DataError: no images, or too many unusable ones.
    """
    files, slots = [], []
    for child, slot in domain_folders(folder).items():
        images, _ = find_images(child)
        files += images
        slots += [slot] * len(images)
    if not files:
        raise DataError(
            f"{folder}: trainA and trainB are empty", "images in both folders", "add images to them"
        )
    train = [part == "train" for part, _ in slots]
    reading = plan_reading(files, train=train, **shape)
    pixels, keys, good, skipped = decode_images(files, reading.shape, white_level=reading.white_level)
    check_bad_files(str(folder), skipped, len(files), max_bad_fraction)
    parts = np.array([slots[i][0] for i in good])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields={"image": pixels, "domain": np.array([slots[i][1] for i in good])},
        ids=relative_names((files[i] for i in good), folder),
        keys=keys,
        parts=items_by_part(parts),
        notes=[f"two domains; {reading.resize_note()}", *reading.notes],
        skipped=skipped,
        about=reading.about,
    )


def bring_to_shape(images: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Images uint8 `(items, ...)` resized and center-cropped to a shape, as grayscale or RGB."""
    if images.shape[1:] == shape:
        return images
    result = np.empty((len(images), *shape), np.uint8)
    for index, image in enumerate(images):
        plain = image[..., 0] if image.shape[2] == 1 else image
        colored = to_gray(plain) if shape[2] == 1 else to_rgb(plain)
        result[index] = resize_cover(colored, shape[:2]).reshape(shape)
    return result


def join_domains(
    first: Dataset, second: Dataset, image_size: Any = None, channels: int | None = None
) -> Dataset:
    """Joins two datasets of images as two domains; labels are kept if both have the same classes.

    Args:
        first: the first domain, which takes the name of the dataset.
        second: the second domain.
        image_size: side, or (height, width), that all images are resized to; by default the larger of each
            side.
        channels: 1 or 3; by default the larger number.

    Raises:
        DataError: one of them holds no images.
    """
    for dataset in (first, second):
        if "image" not in dataset.fields:
            received = f"{dataset.path}: it holds {', '.join(dataset.describe_fields().values())}"
            raise DataError(received, "images", "another target_domain=")
    images = [dataset.fields["image"] for dataset in (first, second)]
    sides = (image_size, image_size) if isinstance(image_size, int) else image_size
    height, width = sides or (max(x.shape[1] for x in images), max(x.shape[2] for x in images))
    shape = (height, width, channels or max(x.shape[3] for x in images))
    names = (
        [first.name, second.name] if first.name != second.name else [f"{first.name} A", f"{second.name} B"]
    )
    fields = {
        "image": np.concatenate([bring_to_shape(x, shape) for x in images]),
        "domain": np.repeat(names, [len(first), len(second)]),
    }
    classes = [
        as_texts(dataset.fields["label"]).astype(str)
        for dataset in (first, second)
        if "label" in dataset.fields
    ]
    if len(classes) == 2 and set(classes[0]) == set(classes[1]):
        fields["label"] = np.concatenate(classes)
    size = f"{height}x{width}, {color_name(shape[2])}"
    note = f"two domains, {names[0]} and {names[1]}; images resized to {size}"
    both = list(zip(names, (first, second), strict=True))
    return Dataset(
        name=f"{first.name}-{second.name}",
        path=first.path,
        fields=fields,
        ids=[f"{name}/{item}" for name, dataset in both for item in dataset.ids],
        keys=np.concatenate([first.keys, second.keys]),
        parts=_joined_parts(first, second),
        notes=[note, *(f"{name}: {note}" for name, dataset in both for note in dataset.notes)],
        skipped=[*first.skipped, *second.skipped],
    )


def _joined_parts(first: Dataset, second: Dataset) -> dict[str, np.ndarray]:
    """The parts that come with the datasets; the items of the second follow those of the first."""
    offset_parts = [
        {part: start + np.asarray(items) for part, items in dataset.parts.items()}
        for start, dataset in ((0, first), (len(first), second))
    ]
    present = [part for part in ("train", "val", "test") if any(part in parts for parts in offset_parts)]
    return {
        part: np.concatenate([parts[part] for parts in offset_parts if part in parts]) for part in present
    }


def split_domains(
    dataset: Dataset, domain: np.ndarray, kind: str, val: float, test: float
) -> dict[str, np.ndarray]:
    """Splits each domain separately, so that a domain without a part gets one in any case."""
    members_of: dict[str, list[np.ndarray]] = {}
    for name in np.unique(domain):
        members = np.flatnonzero(domain == name)
        by_part = {part: np.intersect1d(items, members) for part, items in dataset.parts.items()}
        by_part = {part: items for part, items in by_part.items() if len(items)}
        by_part.setdefault("train", np.setdiff1d(members, np.concatenate([*by_part.values(), members[:0]])))
        for part, items in make_split(dataclasses.replace(dataset, parts=by_part), kind, val, test).items():
            members_of.setdefault(part, []).append(items)
    return {part: np.sort(np.concatenate(items)) for part, items in members_of.items()}


def check_domains(path: str, domain: np.ndarray) -> None:
    """Raises DataError unless there are two domains."""
    names = np.unique(as_texts(domain).astype(str))
    if len(names) != 2:
        shown = f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''}"
        raise DataError(
            f"{path}: {len(names)} classes or domains ({shown})",
            "two domains: folders trainA and trainB, a folder of two folders, or target_domain=",
            "hibiscus train cyclegan photos/ target_domain=paintings/",
        )
