"""The image formats that can be decoded, and the file endings that they have."""

from __future__ import annotations

import contextlib
import functools
import re

from PIL import Image

__all__ = ["COMMON_ENDINGS", "FORMATS", "HEIF_ENDINGS", "IMAGE_ENDINGS", "heif_reason", "readers"]

# An allow-list: Pillow's other readers run programs (EPS) or are rarely used.
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "TGA", "JPEG2000", "ICO")
COMMON_ENDINGS = ".jpg .png .gif .bmp .tif .webp .avif .heic"  # in messages
HEIF_ENDINGS = (".heic", ".heics", ".heif", ".heifs", ".hif")
HEIF_BRAND = re.compile(rb"ftyp(hei[cxms]|hev[cxms]|mif1|msf1)")  # ISO/IEC 23008-12


def _endings() -> frozenset[str]:
    Image.init()  # registers all readers with their endings
    known = {ending for ending, name in Image.registered_extensions().items() if name in FORMATS}
    return frozenset(known.union(HEIF_ENDINGS))


IMAGE_ENDINGS = _endings()


@functools.cache
def readers() -> tuple[str, ...]:
    """Pillow's names of the formats that can be decoded here; HEIF if `pillow-heif` is installed."""
    Image.init()
    with contextlib.suppress(ImportError):
        import pillow_heif  # type: ignore[import-not-found]

        pillow_heif.register_heif_opener()
    return tuple(name for name in (*FORMATS, "HEIF") if name in Image.OPEN)


def heif_reason(head: bytes) -> str | None:
    """Why an image cannot be decoded, if its first bytes are those of HEIF (the format of iPhones)."""
    if HEIF_BRAND.match(head[4:16]) and "HEIF" not in readers():
        return "an HEIC image, which needs a further package: pip install 'hibiscus[heif]'"
    return None
