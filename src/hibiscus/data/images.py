"""Folders of pictures: one folder per class or flat, with or without train, val and test folders."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.cache import decode_pictures
from hibiscus.data.dataset import Dataset, Skipped
from hibiscus.errors import DataError

__all__ = ["PART_NAMES", "PICTURE_ENDINGS", "find_pictures", "open_picture_files", "open_picture_folder", "too_many_bad"]

PICTURE_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}
PART_NAMES = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
LARGEST_DEFAULT_SIDE = 96  # pictures of unlike or larger sizes are brought to this side unless image_size says otherwise


def find_pictures(folder: Path) -> tuple[list[Path], int]:
    """All picture files under a folder in a fixed order, and how many other files were passed over.

    Links are followed, each real folder once, so a loop of links ends.
    """
    pictures: list[Path] = []
    others = 0
    seen: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        for name in sorted(files):
            if name.startswith("."):
                continue
            if Path(name).suffix.lower() in PICTURE_ENDINGS:
                pictures.append(Path(root) / name)
            else:
                others += 1
    return pictures, others


def look_at_headers(files: Sequence[Path], most: int = 200) -> tuple[list[tuple[int, int]], bool]:
    """Height and width of a sample of pictures from their headers, and whether all of them are grey."""
    from PIL import Image

    sizes: list[tuple[int, int]] = []
    grey = True
    for file in files[:: max(1, len(files) // most)]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(file) as picture:
                    sizes.append((picture.height, picture.width))
                    grey = grey and picture.mode in {"L", "1", "I", "I;16", "I;16B", "F"}
        except Exception:
            continue
    return sizes, grey and bool(sizes)


def _target_shape(files: Sequence[Path], image_size: int | Sequence[int] | None, channels: int | None) -> tuple[int, int, int]:
    sizes, grey = look_at_headers(files)
    channels = channels or (1 if grey else 3)
    if image_size is not None:
        height, width = (image_size, image_size) if isinstance(image_size, int) else (int(image_size[0]), int(image_size[1]))
    elif sizes and len(set(sizes)) == 1 and max(sizes[0]) <= LARGEST_DEFAULT_SIDE:
        height, width = sizes[0]
    else:
        side = int(np.median([min(size) for size in sizes])) if sizes else LARGEST_DEFAULT_SIDE
        height = width = max(8, min(LARGEST_DEFAULT_SIDE, side))
    return height, width, channels


def too_many_bad(path: str, bad: Sequence[Skipped], total: int, max_bad: float) -> None:
    """Raises where more than the allowed share of files is bad; the message names the first of them."""
    if len(bad) > max_bad * total or len(bad) == total:
        first = "; ".join(f"{item.reason}" for item in bad[:3])
        raise DataError(
            f"{path}: {len(bad)} of {total} pictures cannot be used: {first}",
            f"at most {max_bad:.0%} bad pictures",
            "remove or replace them (hibiscus inspect lists all), or allow more: max_bad=0.5",
        )


def _labels(files: Sequence[Path], roots: Sequence[Path]) -> list[str]:
    """The class of each picture: its folder under the part's root; deeper folders only where all are deeper."""
    parents = [file.parent.relative_to(root).parts for file, root in zip(files, roots, strict=True)]
    deep = all(len(parts) > 1 for parts in parents)
    return ["/".join(parts) if deep else (parts[0] if parts else "") for parts in parents]


def _gather(folder: Path) -> tuple[list[Path], list[Path], list[str], int]:
    """The pictures of a folder, the root and the part (or `""`) of each, and how many other files there were."""
    parts = {child: PART_NAMES[child.name.lower()] for child in sorted(folder.iterdir()) if child.name.lower() in PART_NAMES}
    parts = {child: part for child, part in parts.items() if child.is_dir()}
    if "train" not in parts.values():
        files, others = find_pictures(folder)
        return files, [folder] * len(files), [""] * len(files), others
    files, roots, names, others = [], [], [], 0
    for child, part in parts.items():
        found, passed = find_pictures(child)
        files += found
        roots += [child] * len(found)
        names += [part] * len(found)
        others += passed
    return files, roots, names, others


def open_picture_files(
    files: Sequence[Path],
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Skipped]]:
    """Decodes files to one shape, found from the files where it is not given; returns as `decode_pictures`."""
    return decode_pictures(files, _target_shape(files, image_size, channels), progress)


def open_picture_folder(
    folder: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad: float = 0.05,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Opens a folder of pictures; see the module's first line for the shapes it may have.

    Raises:
        DataError: no picture in it, or too many bad ones.
    """
    files, roots, part_names, others = _gather(folder)
    if not files:
        raise DataError(
            f"{folder}: no picture in it ({others} other files)" if others else f"{folder}: the folder is empty",
            f"pictures ({', '.join(sorted(PICTURE_ENDINGS))}), best in one folder for each class",
            "check the path; hibiscus inspect FOLDER shows what is found",
        )
    labels = _labels(files, roots)
    pixels, keys, good, skipped = open_picture_files(files, image_size, channels, progress)
    too_many_bad(str(folder), skipped, len(files), max_bad)
    notes = [f"pictures brought to {pixels.shape[1]}x{pixels.shape[2]}, {'grey' if pixels.shape[3] == 1 else 'RGB'}"]
    if others:
        notes.append(f"{others} files that are no pictures were passed over")
    fields: dict[str, np.ndarray] = {"image": pixels if len(good) == len(files) else pixels[good]}
    if any(labels):
        outside = [i for i in good if not labels[i]]
        if outside:
            notes.append(f"{len(outside)} pictures lie in no class folder and were left out")
            good = np.array([i for i in good if labels[i]])
            fields["image"] = pixels[good]
        fields["label"] = np.array([labels[i] for i in good])
    names = np.array([part_names[i] for i in good])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields=fields,
        ids=[files[i].relative_to(folder).as_posix() for i in good],
        keys=keys[good],
        parts={part: np.flatnonzero(names == part) for part in ("train", "val", "test") if part in names},
        notes=notes,
        skipped=skipped,
    )
