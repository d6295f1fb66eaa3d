"""What the headers of image files say: size, color, bits per pixel, and the number of images in the file."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from hibiscus.data.images.codecs import readers
from hibiscus.data.images.decode import PIXEL_LIMIT, is_deep
from hibiscus.data.images.file_records import file_records

__all__ = ["TRANSPOSED", "Header", "image_size", "read_headers", "scan_headers"]

TRANSPOSED = (5, 6, 7, 8)  # EXIF orientations that swap height and width


FIELDS = (
    ("height", "<i8"), ("width", "<i8"), ("gray", "?"), ("deep", "?"), ("deep_color", "?"), ("several", "?"),
    ("orientation", "<i8"), ("is_plain", "?"),
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """The header of an image file.

    Args:
        height: of the upright image.
        width: of the upright image.
        gray: whether it has no colors.
        deep: whether it is grayscale with more than 8 bits per pixel or floating-point values.
        deep_color: whether it has more than 8 bits per color, of which only 8 are read.
        several: whether the file holds several images, such as frames or pages.
        orientation: the EXIF orientation, 1 for an image that is stored upright.
        is_plain: whether resizing the decoded image gives what decoding it at that size does, which is not so
            for a JPEG.
    """

    height: int
    width: int
    gray: bool
    deep: bool
    deep_color: bool
    several: bool
    orientation: int
    is_plain: bool


def scan_headers(files: Sequence[Path]) -> list[Header | None]:
    """The header of each file, in about 20 µs each, or from the cache; None for one that cannot be read, or
    whose image is too large to be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        records = file_records("header", FIELDS, files, _header)
    return [None if record is None else Header(*record) for record in records]


def _header(file: Path) -> tuple[int | bool, ...] | None:
    try:
        # Only regular files, as a pipe would block forever.
        with Image.open(file if file.is_file() else io.BytesIO(), formats=readers()) as image:
            photo = image.format in ("JPEG", "MPO")
            orientation = _orientation(image) if photo or "exif" in image.info else 1
            width, height = image.size[::-1] if orientation in TRANSPOSED else image.size
            if not 0 < width * height <= PIXEL_LIMIT:
                return None  # a size that no file is decoded at must not become that of all images
            deep = is_deep(image)
            gray = deep or image.mode in {"L", "1", "LA", "La"}
            deep_color = not deep and any(";16" in str(tile[3]) for tile in image.tile)
            several = not photo and bool(getattr(image, "is_animated", False))
            is_plain = image.format in ("PNG", "BMP")
            return height, width, gray, deep, deep_color, several, orientation, is_plain
    except Exception:  # decoders raise errors of any type; the reason is given when the image is decoded
        return None


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, without decoding the image; TIFF and HEIF are turned by their readers."""
    if image.format in ("TIFF", "HEIF"):
        return 1
    with contextlib.suppress(Exception):  # a broken EXIF block
        return int(image.getexif().get(0x0112, 1))
    return 1


def read_headers(files: Sequence[Path]) -> tuple[list[tuple[int, int]], bool]:
    """Height and width of the readable images from their headers, and whether all of them are grayscale."""
    headers = [header for header in scan_headers(files) if header]
    return [(header.height, header.width) for header in headers], bool(headers) and all(
        header.gray for header in headers
    )


def image_size(file: Path) -> tuple[int, int] | None:
    """(height, width) of the upright image from its header; None if it is not an image, or too large."""
    sizes, _ = read_headers([file])
    return sizes[0] if sizes else None
