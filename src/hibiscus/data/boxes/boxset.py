"""Images with bounding boxes in memory, whatever format their annotations have on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.dataset import Skipped

__all__ = ["PARTS", "AnnotatedImage", "BoxSet"]

PARTS = ("train", "val", "test")


@dataclass
class AnnotatedImage:
    """One image and its bounding boxes.

    Args:
        file: the image file.
        name: its path inside the root folder of the data, with `/`; the stable name of the image.
        size: (height, width) of the upright image in pixels, from its header, whatever an annotation says.
        boxes: float64 `(k, 4)`: xmin, ymin, xmax, ymax in pixels from the top left corner; edges, not pixel
            centers, so a box of the whole image is (0, 0, width, height). The numbers of Pascal VOC are taken
            as they are.
        labels: int64 `(k,)`, indices into the classes of the BoxSet.
        crowd: bool `(k,)`: boxes that are neither required nor counted (`difficult` in VOC, `iscrowd` in
            COCO).
        extra: for each box, the other properties in its format, for conversion without loss.
    """

    file: Path
    name: str
    size: tuple[int, int]
    boxes: np.ndarray
    labels: np.ndarray
    crowd: np.ndarray
    extra: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass
class BoxSet:
    """Images with bounding boxes, their classes, and the parts that the data came with.

    Args:
        root: the folder that the names of the images are relative to.
        classes: the class names, in the order of the labels.
        images: sorted by name.
        parts: train, val and test, as indices into `images`; empty if there are no parts. No image is in two.
        notes: what the user should know about how the data was read.
        skipped: files and boxes that could not be used, each with the reason.
        repaired: boxes that were corrected (edges swapped, clipped to the image), each with what was done.
        faults: the number of occurrences of each fault, including those without a file of their own.
        first: for each fault, the place and reason of its first occurrence.
        lost: the number of boxes that were skipped.
        lost_images: the number of images that were left out because of a fault.
        format: the format that was read.
    """

    root: Path
    classes: tuple[str, ...]
    images: list[AnnotatedImage]
    parts: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    repaired: list[Skipped] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    lost: int = 0
    lost_images: int = 0
    format: str = ""

    def __len__(self) -> int:
        return len(self.images)

    @property
    def count(self) -> int:
        """The number of boxes."""
        return sum(map(len, self.images))

    def part_of(self) -> list[str]:
        """The part of each image, `""` for those in none."""
        part_of = [""] * len(self.images)
        for part, indices in self.parts.items():
            for index in indices:
                part_of[index] = part
        return part_of
