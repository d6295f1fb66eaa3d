"""Folders of images: one folder per class or flat, with or without train, val and test folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, Skipped, check_bad_files
from hibiscus.data.files import IMAGE_ENDINGS, find_images, find_parts, is_hidden
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.decode import color_name, read_headers
from hibiscus.errors import DataError

__all__ = ["open_image_files", "open_image_folder"]

# images of different or larger sizes are resized to this side unless image_size is given
LARGEST_DEFAULT_SIDE = 96


def _target_shape(
    files: Sequence[Path], image_size: int | Sequence[int] | None, channels: int | None
) -> tuple[int, int, int]:
    sizes, gray = read_headers(files)
    channels = channels or (1 if gray else 3)
    if image_size is not None:
        height, width = (
            (image_size, image_size)
            if isinstance(image_size, int)
            else (int(image_size[0]), int(image_size[1]))
        )
    elif sizes and len(set(sizes)) == 1 and max(sizes[0]) <= LARGEST_DEFAULT_SIDE:
        height, width = sizes[0]
    else:
        side = int(np.median([min(size) for size in sizes])) if sizes else LARGEST_DEFAULT_SIDE
        height = width = max(8, min(LARGEST_DEFAULT_SIDE, side))
    return height, width, channels


def _labels(files: Sequence[Path], roots: Sequence[Path]) -> list[str]:
    """The class of each image: its folder inside the part; nested folders only if all are nested."""
    parents = [file.parent.relative_to(root).parts for file, root in zip(files, roots, strict=True)]
    deep = all(len(parts) > 1 for parts in parents)
    return ["/".join(parts) if deep else (parts[0] if parts else "") for parts in parents]


def _collect_images(folder: Path, notes: list[str]) -> tuple[list[Path], list[Path], list[str], int]:
    """The images of a folder, the root and the part (or `""`) of each, and the number of other files."""
    parts = find_parts(folder)
    if not parts:
        files, others = find_images(folder)
        return files, [folder] * len(files), [""] * len(files), others
    siblings = (child for child in next(iter(parts)).parent.iterdir() if child not in parts)
    unused = sorted(child.name for child in siblings if not is_hidden(child.name))
    if unused:
        notes.append(
            f"not in a part and therefore ignored: {', '.join(unused[:5])}{' ...' if len(unused) > 5 else ''}"
        )
    files, roots, names, others = [], [], [], 0
    for child, part in parts.items():
        images, count = find_images(child)
        files += images
        roots += [child] * len(images)
        names += [part] * len(images)
        others += count
    return files, roots, names, others


def open_image_files(
    files: Sequence[Path],
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    resize: str = "cover",
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Skipped]]:
    """Decodes files to one shape, by default determined from them; returns as `decode_images`."""
    return decode_images(files, _target_shape(files, image_size, channels), progress, resize)


def open_image_folder(
    folder: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Opens a folder of images; see the module's docstring for the possible layouts.

    Raises:
        DataError: no images, or too many unusable ones.
    """
    notes: list[str] = []
    files, roots, part_names, others = _collect_images(folder, notes)
    if not files:
        raise DataError(
            f"{folder}: no images ({others} other files)" if others else f"{folder}: the folder is empty",
            f"images ({', '.join(sorted(IMAGE_ENDINGS))}), ideally in one folder per class",
            _suggestion(folder),
        )
    labels = _labels(files, roots)
    if any(labels) and not all(labels):
        inside = [i for i, label in enumerate(labels) if label]
        notes.append(f"{len(files) - len(inside)} images outside of class folders were left out")
        files, labels = [files[i] for i in inside], [labels[i] for i in inside]
        part_names = [part_names[i] for i in inside]
    pixels, keys, good, skipped = open_image_files(files, image_size, channels, progress)
    check_bad_files(str(folder), skipped, len(files), max_bad_fraction)
    notes.insert(0, f"images resized to {pixels.shape[1]}x{pixels.shape[2]}, {color_name(pixels.shape[3])}")
    if others:
        notes.append(f"{others} files that are not images were ignored")
    fields: dict[str, np.ndarray] = {"image": pixels}
    if any(labels):
        fields["label"] = np.array([labels[i] for i in good])
    names = np.array([part_names[i] for i in good])
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields=fields,
        ids=[files[i].relative_to(folder).as_posix() for i in good],
        keys=keys,
        parts={part: np.flatnonzero(names == part) for part in ("train", "val", "test") if part in names},
        notes=notes,
        skipped=skipped,
    )


def _suggestion(folder: Path) -> str:
    """Suggests a data file in the folder, if there is one."""
    endings = (".csv", ".tsv", ".gz", ".parquet", ".npz", ".npy", ".mat")
    files = sorted(child.name for child in folder.iterdir() if child.suffix.lower() in endings)
    return f"pass the file: {folder / files[0]}" if files else "check the path, or add images to the folder"
