"""Predictions as images: a file for one image, or a folder with the names and sub-folders of the inputs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hibiscus.cli import detections, overlays
from hibiscus.cli.prediction_files import ENDINGS
from hibiscus.errors import DataError, UsageError
from hibiscus.runs.destination import writing

__all__ = ["check_free", "write_images"]

CLASSES = "classes.txt"  # the classes of masks, one per line, the first for class number 0


def check_free(out: Path, inputs: Sequence[str], with_boxes: bool) -> None:
    """Checks before anything is predicted that no image would be overwritten.

    Args:
        out: the folder, or the file for one image.
        inputs: as typed; the frames of a video are checked when they are written.
        with_boxes: whether a file with all boxes is written, too.

    Raises:
        DataError: a file of such a name exists already.
    """
    from hibiscus.data.files import find_images

    paths = [Path(name).expanduser() for name in inputs]
    items = [file for path in paths for file in (find_images(path)[0] if path.is_dir() else [path])]
    _require_free(path for path, *_ in _destinations(list(map(str, items)), ["image"], out, paths))
    if with_boxes and out.suffix.lower() != ".png":
        _require_free([out / detections.COCO_NAME])


def write_images(
    predicted: dict[str, Any], images: list[str], out: Path, score: float, inputs: Sequence[str]
) -> None:
    """Writes a PNG for each input; further images of an input get a suffix.

    An `overlay` is drawn over the image in its own file. Masks are written with a palette, their class
    numbers as pixel values, and a list of the classes. Boxes are written as COCO's JSON, too.

    Args:
        predicted: as returned by `Run.predict`.
        images: the names of the predictions that are images.
        out: a folder, in which the sub-folders of an input folder are mirrored; or a .png for one image.
        score: the score from which a box is drawn.
        inputs: as typed.

    Raises:
        UsageError: the predictions contain no images.
        DataError: a file of such a name exists already, in which case none is written; or the folder cannot
            be written.
    """
    if not images:
        raise UsageError(
            f"--out {out}: the predictions contain no images",
            f"a file ending in {', '.join(ENDINGS)}",
            f"--out {out.with_suffix('')}.csv",
        )
    is_file = out.suffix.lower() == ".png"
    folder = out.parent if is_file else out
    files = list(_destinations(predicted["id"], images, out, [Path(name).expanduser() for name in inputs]))
    _require_free(path for path, *_ in files)
    if "boxes" in predicted and not is_file:
        _require_free([folder / detections.COCO_NAME])
    if "mask" in images and "classes" in predicted:
        name = f"{out.stem}.{CLASSES}" if is_file else CLASSES
        overlays.write_classes(predicted["classes"], folder / name)
    for path, index, name in files:
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        _save(predicted, index, name, path, score)
    if "boxes" in predicted and not is_file:
        detections.write_coco(predicted, folder / detections.COCO_NAME)


def _save(predicted: dict[str, Any], index: int, name: str, path: Path, score: float) -> None:
    from hibiscus.data.images.ops import save_image

    pixels = overlays.overlay_original(predicted, index, score) if name == "overlay" else None
    if pixels is None:
        pixels = predicted[name][index]
        if "size" in predicted:
            pixels = overlays.resize(pixels, predicted["size"][index], name == "mask")
    if name == "mask" and "classes" in predicted:
        overlays.save_mask(pixels, len(predicted["classes"]), path)
    else:
        save_image(pixels, path)


def _destinations(
    items: Sequence[str], images: list[str], out: Path, inputs: Sequence[Path]
) -> Iterator[tuple[Path, int, str]]:
    """The path of each image with the index of its input and its name among the predictions."""
    first = "image" if "image" in images else images[0]
    taken: set[str] = set()
    for index, item in enumerate(items):
        for name in images:
            suffix = "" if name == first else f"-{name}"
            if out.suffix.lower() == ".png":
                yield out.with_name(f"{out.stem}{suffix}.png"), index, name
            else:
                yield out / f"{_unique(_stem(str(item), inputs) + suffix, taken)}.png", index, name


def _stem(item: str, inputs: Sequence[Path]) -> str:
    """The path of an input within the folder that was named, without the ending of an image file."""
    from hibiscus.data.files import IMAGE_ENDINGS

    path = Path(item)
    folder = next((root for root in inputs if root in path.parents), path.parent)
    relative = path.relative_to(folder)
    is_image = relative.suffix.lower() in IMAGE_ENDINGS
    return (relative.with_suffix("") if is_image else relative).as_posix()


def _unique(stem: str, taken: set[str]) -> str:
    """A name that is not taken, even on file systems that ignore case; `taken` records it."""
    names = (stem if i == 1 else f"{stem}-{i}" for i in itertools.count(1))
    name = next(name for name in names if name.casefold() not in taken)
    taken.add(name.casefold())
    return name


def _require_free(paths: Iterator[Path] | list[Path]) -> None:
    existing = next((path for path in paths if path.exists()), None)
    if existing is not None:
        raise DataError(
            f"{existing}: exists already",
            "a destination without files of these names",
            f"--out {existing.parent}-2/",
        )
