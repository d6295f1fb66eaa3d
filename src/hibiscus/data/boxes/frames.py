"""The image that boxes refer to, where it is not the upright image: the pixels as stored, before EXIF turns
them, or a larger or smaller image from which the file was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hibiscus.data.boxes.box_reading import all_inside
from hibiscus.data.images.decode import PIXEL_LIMIT
from hibiscus.data.images.headers import TRANSPOSED, scan_headers

__all__ = ["Frame", "infer_orientation", "infer_resized", "read_frame", "turn_box"]

PROPORTIONAL = 0.02  # relative difference of two aspect ratios that count as equal


@dataclass
class Frame:
    """The sizes of an image, and the boxes that refer to it, in pixels.

    Args:
        size: (height, width) of the upright image.
        turn: EXIF orientation, 1 for none.
        stated: (height, width) that the annotation states; zeros if unknown.
        corners: edges of the boxes in the pixels of the file of annotations; empty if they are fractions.
    """

    size: tuple[int, int]
    turn: int = 1
    stated: tuple[float, float] = (0, 0)
    corners: Sequence[Sequence[float]] = ()

    @property
    def stored(self) -> tuple[int, int]:
        """(height, width) of the pixels in the file."""
        height, width = self.size
        return (width, height) if self.turn in TRANSPOSED else (height, width)

    @property
    def differs(self) -> bool:
        """Whether the annotation states a size that is neither the upright nor the stored one."""
        return min(self.stated) > 0 and tuple(self.stated) not in (self.size, self.stored)


def read_frame(file: Path) -> Frame | None:
    """The sizes of an image file from its header; None if it is not an image, or too large."""
    header = scan_headers([file])[0]
    if header is None or not 0 < header.height * header.width <= PIXEL_LIMIT:
        return None
    turn = header.orientation if 1 <= header.orientation <= 8 else 1
    return Frame((header.height, header.width), turn)


def infer_orientation(frames: Sequence[Frame], requested: str) -> tuple[list[bool | None], str]:
    """Whether the boxes of each image refer to the stored pixels, None where it is unclear, and a note.

    A tool that ignores EXIF does so for all images. So images whose boxes fit only one way decide for all.
    """
    turned = [frame.turn != 1 for frame in frames]
    if not any(turned):
        return [False] * len(frames), ""
    count = f"{sum(turned):,} images with an EXIF orientation"
    if requested != "auto":
        return [flag and requested == "stored" for flag in turned], ""
    found = [_stored(frame) if flag else None for frame, flag in zip(frames, turned, strict=True)]
    kinds = {kind for kind in found if kind is not None}
    if len(kinds) == 2:
        note = f"{count}: some have boxes of the upright and some of the stored pixels"
        return [found[i] if flag else False for i, flag in enumerate(turned)], note
    note = f"{count}: their boxes are read as of the upright image (box_orientation=stored otherwise)"
    if True in kinds:
        note = f"{count}: their boxes refer to the stored pixels and are turned with the image"
        note += " (box_orientation=upright otherwise)"
    return [flag and True in kinds for flag in turned], note


def _stored(frame: Frame) -> bool | None:
    """Whether boxes refer to the stored pixels: by what they fit into, otherwise by the stated size."""
    upright, stored = (all_inside(frame.corners, *size) for size in (frame.size, frame.stored))
    if frame.corners and upright != stored:
        return stored
    stated = tuple(frame.stated)
    return (
        stated == frame.stored if frame.size != frame.stored and not frame.differs and any(stated) else None
    )


def infer_resized(frames: Sequence[Frame]) -> bool:
    """Whether boxes refer to the sizes that annotations state where these differ: the images were resized.

    It is so if all boxes fit into the stated sizes, and some do not fit into their image or all images have
    the stated aspect ratio.
    """
    differing = [frame for frame in frames if frame.differs]
    if not differing or not all(all_inside(frame.corners, *frame.stated) for frame in differing):
        return False
    ratios = [frame.stated[0] / frame.stated[1] * frame.size[1] / frame.size[0] for frame in differing]
    proportional = all(abs(ratio - 1) <= PROPORTIONAL for ratio in ratios)
    return proportional or not all(all_inside(frame.corners, *frame.size) for frame in differing)


def turn_box(edges: Sequence[float], turn: int, size: tuple[float, float]) -> list[float]:
    """A box turned with its image.

    Args:
        edges: xmin, ymin, xmax, ymax in the stored pixels.
        turn: EXIF orientation.
        size: (height, width) of the stored pixels.
    """
    x1, y1, x2, y2 = edges
    height, width = size
    if turn in (2, 3):  # mirrored left to right
        x1, x2 = width - x2, width - x1
    if turn in (3, 4):  # mirrored top to bottom
        y1, y2 = height - y2, height - y1
    if turn == 5:
        return [y1, x1, y2, x2]
    if turn == 6:
        return [height - y2, x1, height - y1, x2]
    if turn == 7:
        return [height - y2, width - x2, height - y1, width - x1]
    return [y1, width - x2, y2, width - x1] if turn == 8 else [x1, y1, x2, y2]
