"""Decoding of image files to uint8 arrays, hardened against damaged and hostile files."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from hibiscus.data.images.codecs import heif_reason, readers
from hibiscus.data.images.jpeg import jpeg_bytes, read_jpeg
from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import ConfigError, DataError, HibiscusError, nearest

__all__ = [
    "PIXEL_LIMIT",
    "ImageArray",
    "check_size",
    "color_name",
    "decode_image",
    "is_deep",
    "open_image",
    "resized",
    "to_plain",
]

ImageArray = np.ndarray
PIXEL_LIMIT = 100_000_000
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_quiet_lock, _quiet_stack = threading.Lock(), contextlib.ExitStack()
_quiet_depth = 0


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses Pillow's warnings; reference-counted, as decoding threads share one list of filters."""
    global _quiet_depth
    with _quiet_lock:
        if _quiet_depth == 0:
            _quiet_stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=r"PIL\b")
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                _quiet_stack.close()


def open_image(
    path: str | os.PathLike[str] | bytes,
    size: tuple[int, int] | None = None,
    mode: str = "auto",
    resize: str = "cover",
    limit: int = PIXEL_LIMIT,
    white_level: float | None = None,
) -> ImageArray:
    """Decodes an image file of any common format into a uint8 array, upright, without transparency.

    Args:
        path: the file, or its bytes.
        size: (height, width) to resize to; a JPEG is then decoded at a reduced scale, several times as fast.
        mode: "auto" keeps grayscale images and converts others to RGB; "gray" and "rgb" convert all.
        resize: "cover" scales the short side and crops the center; "squash" ignores the aspect ratio.
        limit: the largest number of pixels to decode, read from the header before any memory is allocated;
            Pillow's 178,956,970 is the maximum.
        white_level: the value of white in images of more than 8 bits; by default it is guessed from the
            format and the values of this one image.

    Returns:
        uint8, (height, width) if grayscale, otherwise (height, width, 3). The first frame of an animation;
        transparent pixels over white.

    Raises:
        DataError: missing, empty, truncated, too large, or not an image; the message names the file and the
            reason.
    """
    for name, word, known in (
        ("mode", mode, ("auto", "gray", "rgb")),
        ("resize", resize, ("cover", "squash")),
    ):
        if word not in known:
            raise ConfigError(f"{name}={word!r}", f"one of {', '.join(known)}", nearest(str(word), known))
    if size is not None:
        check_size(size)
        data = path if isinstance(path, bytes) else jpeg_bytes(path)
        pixels = read_jpeg(data, size, mode, resize, limit) if data is not None else None
        if pixels is not None:
            return np.ascontiguousarray(pixels)
    name, source = _source(path)
    try:
        with _quiet(), Image.open(source, formats=readers()) as image:
            if image.width * image.height > limit or min(image.size) < 1:
                raise _too_large(name, f"{image.width} x {image.height} pixels", limit)
            check_memory(name, 4 * image.width * image.height, factor=4)  # four channels, converted
            return np.array(_decode(image, size, mode, resize, white_level))
    except HibiscusError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error), limit) from error
    except Image.UnidentifiedImageError as error:
        known = "a JPEG, PNG, GIF, BMP, TIFF, WebP, AVIF, HEIC, PPM, TGA or ICO image"
        reason = heif_reason(_head(path)) or "not an image, whatever its extension"
        raise DataError(f"{name}: {reason}", known, "remove or replace it") from error
    except Exception as error:  # decoders raise errors of any type for hostile bytes, MemoryError included
        reason = str(error) or type(error).__name__
        fix = "copy it again from its source"
        raise DataError(f"{name}: cannot be decoded ({reason})", "a complete image", fix) from error


def _head(path: str | os.PathLike[str] | bytes) -> bytes:
    """The first bytes of a file."""
    if isinstance(path, bytes):
        return path[:16]
    with open(path, "rb") as file:
        return file.read(16)


def _source(path: str | os.PathLike[str] | bytes) -> tuple[str, Path | io.BytesIO]:
    """The name for messages, and what Pillow reads; only regular files, as a pipe would block forever."""
    if isinstance(path, bytes):
        name, source, count = "image in memory", io.BytesIO(path), len(path)
    else:
        name, source = os.fspath(path), Path(path)
        if not source.is_file():
            what = "is a folder" if source.is_dir() else "not a file" if source.exists() else "no such file"
            raise DataError(f"{name}: {what}", "an image file", "check the path")
        count = source.stat().st_size
    if count == 0:
        raise DataError(
            f"{name}: empty file (0 bytes)", "an image", "remove it, or copy it again from its source"
        )
    return name, source


def _too_large(name: str, size: str, limit: int) -> DataError:
    fix = "reduce the image, or raise the limit if you trust the file"
    return DataError(f"{name}: too large to decode safely ({size})", f"1 to {limit:,} pixels", fix)


def decode_image(
    image: Image.Image,
    size: tuple[int, int] | None = None,
    mode: str = "auto",
    resize: str = "cover",
    white_level: float | None = None,
) -> ImageArray:
    """A PIL image as a uint8 array, as `open_image` decodes a file; the image itself is not changed."""
    return np.array(_decode(image.copy(), size, mode, resize, white_level))


def _decode(
    image: Image.Image, size: tuple[int, int] | None, mode: str, resize: str, white_level: float | None
) -> Image.Image:
    """An opened file as an upright L or RGB image of the requested size."""
    orientation = 1
    if image.format not in ("JPEG", "MPO"):
        image.load()  # first, since some readers find EXIF after the pixels, and TIFF rotates itself
    with contextlib.suppress(Exception):  # a broken EXIF block does not affect the pixels
        orientation = image.getexif().get(0x0112, 1)
    if size is not None and image.format in ("JPEG", "MPO"):
        height, width = size if orientation not in (5, 6, 7, 8) else size[::-1]
        image.draft("L" if mode == "gray" else None, (width, height))
    plain = to_plain(image, white_level)
    plain = plain.convert("L" if mode == "gray" else "RGB" if mode == "rgb" else plain.mode)
    if orientation in TURNS:
        plain = plain.transpose(TURNS[orientation])
    return plain if size is None else resized(plain, size, resize)


def is_deep(image: Image.Image) -> bool:
    """Whether an image is grayscale with more than 8 bits per pixel, or with floating-point values."""
    return image.mode.startswith("I") or image.mode == "F"


def to_plain(image: Image.Image, white_level: float | None = None) -> Image.Image:
    """Converts any Pillow mode to L (grayscale modes) or RGB (all others), transparent pixels over white."""
    if is_deep(image):
        return Image.fromarray(_deep_to_bytes(np.asarray(image), image, white_level))
    gray = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        # Pillow needs two steps: premultiplied modes are first converted to their plain counterparts.
        image = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode)).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("L" if gray else "RGB")


def _deep_to_bytes(values: np.ndarray, image: Image.Image, white_level: float | None) -> ImageArray:
    """16-bit, 32-bit or float grayscale (height, width) to uint8; 65535 / 257 = 255 exactly."""
    low, high = float(values.min()), float(values.max())
    # A 32-bit file may hold 8-bit values; the PNG and PPM readers use that mode for 16-bit images only.
    is_16_bit = image.mode.startswith("I;16") or (
        image.mode == "I" and (image.format in ("PNG", "PPM") or high > 255)
    )
    guess = 65535 if is_16_bit else 1 if image.mode == "F" and high <= 1 else 255
    if not (low >= 0 and high <= (np.inf if white_level else guess)):
        expected = "0 to 1, 0 to 255, or 0 to 65535"
        raise DataError(f"gray values from {low:g} to {high:g}", expected, "rescale the image")
    # A value of new data may lie above all of the training part.
    return np.rint(np.minimum(values * (255 / (white_level or guess)), 255)).astype(np.uint8)


def resized(image: Image.Image, size: tuple[int, int], how: str) -> Image.Image:
    """Antialiased resize to (height, width); "cover" reads the largest centered box of its aspect ratio."""
    height, width = size
    box_width, box_height = float(image.width), float(image.height)
    if how == "cover":
        scale = min(image.width / width, image.height / height)
        box_width, box_height = width * scale, height * scale
    left, top = (
        max(0.0, (image.width - box_width) / 2),
        max(0.0, (image.height - box_height) / 2),
    )  # rounding: -1e-14
    box = (left, top, min(left + box_width, image.width), min(top + box_height, image.height))
    return image.resize((width, height), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)


def check_size(size: Sequence[int]) -> tuple[int, int]:
    """Returns the size if it is (height, width) in whole pixels."""
    good = (
        isinstance(size, Sequence)
        and len(size) == 2
        and all(isinstance(n, int | np.integer) and n >= 1 for n in size)
    )
    if not good:
        raise ConfigError(f"size={size!r}", "(height, width), two integers from 1", "for a square: (64, 64)")
    return int(size[0]), int(size[1])


def color_name(channels: int) -> str:
    """The color space of images with this number of channels, for messages."""
    return "grayscale" if channels == 1 else "RGB"
