"""Folders of images: one folder per class or flat, with or without train, val and test folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.conversions import how_to_convert
from hibiscus.data.dataset import Dataset, Skipped, check_bad_files
from hibiscus.data.files import readable_name, relative_names
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.codecs import COMMON_ENDINGS
from hibiscus.data.images.layout import ImageLayout, read_layout
from hibiscus.data.images.reading import plan_reading
from hibiscus.data.parts import items_by_part
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["open_image_files", "open_image_folder"]


def open_image_files(
    files: Sequence[Path],
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    resize: str = "cover",
    white_level: float | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Skipped]]:
    """Decodes files to one shape, by default determined from them; returns as `decode_images`."""
    reading = plan_reading(files, image_size, channels, white_level)
    return decode_images(files, reading.shape, resize, reading.white_level)


def open_image_folder(
    folder: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    white_level: float | None = None,
) -> Dataset:
    """Opens a folder of images; see `read_layout` for the possible layouts.

    Raises:
        DataError: no images, or too many unusable ones.
    """
    layout = read_layout(folder)
    files, labels = layout.files, list(map(readable_name, layout.labels))
    if not files:
        raise _no_images(folder, layout)
    train = [part in ("", "train") for part in layout.parts]
    reading = plan_reading(files, image_size, channels, white_level, train)
    pixels, keys, good, skipped = decode_images(files, reading.shape, white_level=reading.white_level)
    check_bad_files(str(folder), skipped, len(files), max_bad_fraction)
    notes = [reading.resize_note(), *reading.notes, *layout.notes]
    if layout.others:
        ignored = plural(
            len(layout.others), "file that is not an image was", "files that are not images were"
        )
        notes.append(f"{ignored} ignored ({layout.other_endings()})")
    fields: dict[str, np.ndarray] = {"image": pixels}
    if any(labels):
        fields["label"] = np.array([labels[i] for i in good])
        notes += [
            f"the class {name} has no readable image and vanishes"
            for name in sorted(set(labels) - set(fields["label"].tolist()))
        ]
    names = np.array([layout.parts[i] for i in good])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields=fields,
        ids=relative_names((files[i] for i in good), folder),
        keys=keys,
        parts=items_by_part(names),
        notes=notes,
        skipped=skipped,
        about=reading.about,
    )


def _no_images(folder: Path, layout: ImageLayout) -> DataError:
    others = f"no images ({plural(len(layout.others), 'other file')}: {layout.other_endings()})"
    return DataError(
        f"{folder}: {others}" if layout.others else f"{folder}: the folder is empty",
        f"images ({COMMON_ENDINGS} ...), ideally in one folder per class",
        _suggestion(folder, layout),
    )


def _suggestion(folder: Path, layout: ImageLayout) -> str:
    """Suggests a data file in the folder, or how to convert what is there."""
    endings = (".csv", ".tsv", ".gz", ".parquet", ".npz", ".npy", ".mat", ".zip", ".tar", ".xlsx", ".jsonl")
    files = sorted(child.name for child in folder.iterdir() if child.suffix.lower() in endings)
    if files:
        return f"pass the file: {folder / files[0]}"
    known = (text for file in layout.others[:100] if (text := how_to_convert(file)))
    return next(known, "check the path, or add images to the folder")
