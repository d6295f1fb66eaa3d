"""What a method needs and the data lacks: the errors name what was there instead, and why it was not read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hibiscus.data.boxes.passed_over import passed_over
from hibiscus.data.dataset import Dataset
from hibiscus.data.locations import BUNDLED
from hibiscus.data.raw_fields import raw_field
from hibiscus.errors import DataError

if TYPE_CHECKING:
    from hibiscus.training.method import Method

__all__ = ["check_fields", "no_labels", "what_was_there"]

REQUIREMENTS = {  # for each field that a method may need: the expected data, and the fix if it is missing
    "environment": ("an environment", "gym:CartPole-v1"),
    "image": ("images", "pass a folder of images"),
    "target_image": (
        "aligned pairs of images",
        "pairs=INPUT,TARGET with the names of two folders; pairs=left if each image file shows both",
    ),
    "boxes": (
        "images with bounding boxes",
        "add boxes to the images: VOC, COCO, YOLO, CSV, CVAT, labelme, VIA or Label Studio files",
    ),
    "text": (
        "texts: a folder of .txt files, one .txt, or a table with a single column of texts",
        "role.COLUMN=text reads a column as texts; columns=COLUMN or role.OTHER=ignore leaves out others; "
        "txt_as=text reads a .txt file with columns as one text",
    ),
    "series": (
        "time series: a table with a column of times and columns of numbers",
        "pass a CSV, TSV, Parquet, XLSX or JSON Lines file with one row for each step",
    ),
    "target_text": ("pairs of texts", "target=COLUMN of a table, or pairs=en,de for files a.en and a.de"),
    "mask": ("images with masks", "put images into images/ and masks of the same names into masks/"),
}


def check_fields(dataset: Dataset, kind: type[Method]) -> None:
    """Raises DataError if the data lacks a field that the method needs."""
    for name, (expected, fix) in REQUIREMENTS.items():
        if name in kind.needs and raw_field(dataset, name) is None:
            received = f"{dataset.path}: it holds {', '.join(dataset.describe_fields().values())}"
            raise DataError(received + what_was_there(dataset), expected, fix)


def no_labels(dataset: Dataset) -> DataError:
    """The error for data without labels, for a method that needs them."""
    if "table" in dataset.fields:
        columns = [str(column) for column in dataset.fields["table"].columns]
        expected, fix = f"one of: {', '.join(columns[:40])}", f"target={columns[-1]}"
        return DataError(f"{dataset.path}: no column to predict was given", expected, fix)
    return DataError(
        f"{dataset.path}: the items have no labels ({', '.join(dataset.describe_fields().values())})"
        + what_was_there(dataset),
        "one folder per class, or labels beside the arrays",
        "sort the images into folders named after their classes",
    )


def what_was_there(dataset: Dataset) -> str:
    """The commonest fault of files with its first place, and files that look like annotations but were not
    read; starts with a semicolon if there are any.
    """
    files = "image" in dataset.fields and dataset.path not in BUNDLED
    others = passed_over(Path(dataset.path)) if files else ""
    return "".join(f"; {text}" for text in (_commonest_fault(dataset), others) if text)


def _commonest_fault(dataset: Dataset) -> str:
    reasons = [(bad.reason.removeprefix(f"{bad.path}: "), bad.path) for bad in dataset.skipped]
    if not reasons:
        return ""
    reason, count = Counter(reason for reason, _ in reasons).most_common(1)[0]
    first = next(path for known, path in reasons if known == reason)
    noun = "file was" if len(reasons) == 1 else "files were"
    return f"{len(reasons):,} {noun} left out, {count:,} of them as: {reason} (first: {first})"
