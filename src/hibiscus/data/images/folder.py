"""Folders of images: one folder per class or flat, with or without train, val and test folders."""

from __future__ import annotations

import io
import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, Skipped
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.decode import FORMATS
from hibiscus.errors import DataError

__all__ = [
    "IMAGE_ENDINGS",
    "PART_NAMES",
    "find_images",
    "is_hidden",
    "look_at_headers",
    "open_image_files",
    "open_image_folder",
    "too_many_bad",
    "walk_files",
]

IMAGE_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}
PART_NAMES = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
LARGEST_DEFAULT_SIDE = 96  # images of unlike or larger sizes are brought to this side unless image_size says otherwise


def is_hidden(name: str) -> bool:
    """Whether a file or folder is passed over without a word: a name with a dot first, or what macOS leaves in archives."""
    return name.startswith(".") or name == "__MACOSX"


def walk_files(folder: Path) -> Iterator[Path]:
    """All files under a folder in a fixed order, but for hidden ones.

    Links are followed, each real folder once, so a loop of links ends.

    Raises:
        DataError: a folder that may not be read.
    """

    def refuse(error: OSError) -> None:
        found = f"{error.filename}: cannot be read ({error.strerror})"
        raise DataError(found, "a folder that may be read", "check its rights") from None

    seen: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        real = os.path.realpath(root)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            if not is_hidden(name):
                yield Path(root) / name


def find_images(folder: Path) -> tuple[list[Path], int]:
    """All image files under a folder in a fixed order, and how many other files were passed over."""
    images: list[Path] = []
    others = 0
    for file in walk_files(folder):
        if file.suffix.lower() in IMAGE_ENDINGS:
            images.append(file)
        else:
            others += 1
    return images, others


def look_at_headers(files: Sequence[Path], most: int = 200) -> tuple[list[tuple[int, int]], bool]:
    """Height and width of a sample of images from their headers, and whether all of them are grey."""
    from PIL import Image

    Image.init()
    readers = [reader for reader in FORMATS if reader in Image.OPEN]
    sizes: list[tuple[int, int]] = []
    gray = True
    for file in files[:: max(1, len(files) // most)]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                # Only regular files, as a pipe would block for ever.
                with Image.open(file if file.is_file() else io.BytesIO(), formats=readers) as image:
                    # Reading the turn of other kinds decodes all of the image.
                    turn = image.getexif().get(0x0112, 1) if image.format in ("JPEG", "MPO") else 1
                    sizes.append((image.width, image.height) if turn in (5, 6, 7, 8) else (image.height, image.width))
                    gray = gray and (image.mode in {"L", "1", "LA", "La", "F"} or image.mode.startswith("I"))
        except Exception:
            continue
    return sizes, gray and bool(sizes)


def _target_shape(files: Sequence[Path], image_size: int | Sequence[int] | None, channels: int | None) -> tuple[int, int, int]:
    sizes, gray = look_at_headers(files)
    channels = channels or (1 if gray else 3)
    if image_size is not None:
        height, width = (image_size, image_size) if isinstance(image_size, int) else (int(image_size[0]), int(image_size[1]))
    elif sizes and len(set(sizes)) == 1 and max(sizes[0]) <= LARGEST_DEFAULT_SIDE:
        height, width = sizes[0]
    else:
        side = int(np.median([min(size) for size in sizes])) if sizes else LARGEST_DEFAULT_SIDE
        height = width = max(8, min(LARGEST_DEFAULT_SIDE, side))
    return height, width, channels


def too_many_bad(path: str, bad: Sequence[Skipped], total: int, max_bad_fraction: float) -> None:
    """Raises where more than the allowed share of files is bad; the message names the first of them."""
    if len(bad) > max_bad_fraction * total or len(bad) == total:
        first = "; ".join(f"{item.reason}" for item in bad[:3])
        found = f"{path}: {len(bad)} of {total} files cannot be used: {first}"
        if len(bad) == total:
            raise DataError(found, "files that can be used", "replace them")
        enough = math.ceil(100 * len(bad) / total) / 100
        fix = f"remove or replace them, or allow more: max_bad_fraction={enough:g} (hibiscus inspect ... max_bad_fraction={enough:g} lists all)"
        raise DataError(found, f"at most {max_bad_fraction:.0%} bad files", fix)


def _labels(files: Sequence[Path], roots: Sequence[Path]) -> list[str]:
    """The class of each image: its folder under the part's root; deeper folders only where all are deeper."""
    parents = [file.parent.relative_to(root).parts for file, root in zip(files, roots, strict=True)]
    deep = all(len(parts) > 1 for parts in parents)
    return ["/".join(parts) if deep else (parts[0] if parts else "") for parts in parents]


def find_parts(folder: Path) -> dict[Path, str]:
    """The part of each folder that is one. Without a train folder there are none: `test` is then a class like others.

    A folder that holds nothing but one folder with parts is looked through, as archives often unpack so.
    """
    children = [child for child in sorted(folder.iterdir()) if not is_hidden(child.name)]
    parts = {child: PART_NAMES[child.name.lower()] for child in children if child.name.lower() in PART_NAMES and child.is_dir()}
    if "train" in parts.values():
        return parts
    return find_parts(children[0]) if len(children) == 1 and children[0].is_dir() and not children[0].is_symlink() else {}


def _gather(folder: Path, notes: list[str]) -> tuple[list[Path], list[Path], list[str], int]:
    """The images of a folder, the root and the part (or `""`) of each, and how many other files there were."""
    parts = find_parts(folder)
    if not parts:
        files, others = find_images(folder)
        return files, [folder] * len(files), [""] * len(files), others
    beside = sorted(child.name for child in next(iter(parts)).parent.iterdir() if child not in parts and not is_hidden(child.name))
    if beside:
        notes.append(f"not in a part, and passed over: {', '.join(beside[:5])}{' ...' if len(beside) > 5 else ''}")
    files, roots, names, others = [], [], [], 0
    for child, part in parts.items():
        found, passed = find_images(child)
        files += found
        roots += [child] * len(found)
        names += [part] * len(found)
        others += passed
    return files, roots, names, others


def open_image_files(
    files: Sequence[Path],
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    resize: str = "cover",
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Skipped]]:
    """Decodes files to one shape, found from the files where it is not given; returns as `decode_images`."""
    return decode_images(files, _target_shape(files, image_size, channels), progress, resize)


def open_image_folder(
    folder: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """Opens a folder of images; see the module's first line for the shapes it may have.

    Raises:
        DataError: no image in it, or too many bad ones.
    """
    notes: list[str] = []
    files, roots, part_names, others = _gather(folder, notes)
    if not files:
        raise DataError(
            f"{folder}: no image in it ({others} other files)" if others else f"{folder}: the folder is empty",
            f"images ({', '.join(sorted(IMAGE_ENDINGS))}), best in one folder for each class",
            _what_instead(folder),
        )
    labels = _labels(files, roots)
    if any(labels) and not all(labels):
        inside = [i for i, label in enumerate(labels) if label]
        notes.append(f"{len(files) - len(inside)} images lie in no class folder and were left out")
        files, labels, part_names = [files[i] for i in inside], [labels[i] for i in inside], [part_names[i] for i in inside]
    pixels, keys, good, skipped = open_image_files(files, image_size, channels, progress)
    too_many_bad(str(folder), skipped, len(files), max_bad_fraction)
    notes.insert(0, f"images brought to {pixels.shape[1]}x{pixels.shape[2]}, {'grey' if pixels.shape[3] == 1 else 'RGB'}")
    if others:
        notes.append(f"{others} files that are no images were passed over")
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


def _what_instead(folder: Path) -> str:
    """Where to point instead: at a file of data in the folder, if there is one."""
    files = sorted(
        child.name for child in folder.iterdir() if child.suffix.lower() in (".csv", ".tsv", ".gz", ".parquet", ".npz", ".npy", ".mat")
    )
    return f"point at the file: {folder / files[0]}" if files else "check the path, or put images there"
