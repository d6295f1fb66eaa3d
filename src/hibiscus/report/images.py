"""Images for one self-contained page: checked, shrunk to the page's budget, and embedded as data URIs."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path
from typing import Any

from PIL import Image

__all__ = ["BUDGET", "Images"]

BUDGET = 1_900_000  # bytes of images in a page, before base64 adds a third
IMAGE_BYTES = (6_000, 110_000)  # bounds of the share of one image; a larger one is shrunk
SIDES = (720, 400, 240, 128)  # pixels of a shrunk image's longer side, until it is within its share
PIXELS = 80_000_000  # of an image that is opened at all
FORMATS = ("PNG", "JPEG", "WEBP")


class Images:
    """Embeds images until the page's budget for images is used up.

    Args:
        count: how many images there may be; each gets an equal share.
        budget: bytes of images in the page.
    """

    def __init__(self, count: int, budget: int = BUDGET):
        self.left = budget
        self.share = min(max(budget // max(count, 1), IMAGE_BYTES[0]), IMAGE_BYTES[1])
        self.left_out = 0
        self.unreadable = 0

    def take(self, path: Path | None, caption: str = "") -> dict[str, Any] | None:
        """An image as `{uri, width, height, caption, small}`; None if unreadable or beyond the budget."""
        try:
            data, size, kind = _load(path)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            self.unreadable += 1
            return None
        if len(data) > min(self.share, self.left):
            try:
                data, kind = _shrink(data, self.share)
            except (OSError, ValueError, SyntaxError):
                self.unreadable += 1
                return None
        if len(data) > self.left:
            self.left_out += 1
            return None
        self.left -= len(data)
        uri = f"data:image/{kind.lower()};base64,{base64.b64encode(data).decode()}"
        return {"uri": uri, "width": size[0], "height": size[1], "caption": caption, "small": max(size) < 96}


def _load(path: Path | None) -> tuple[bytes, tuple[int, int], str]:
    """The bytes of an image whose header says that it is one, its size and its kind."""
    if path is None:
        raise FileNotFoundError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > PIXELS:
                raise ValueError(f"{path} has too many pixels")
            size, kind = image.size, str(image.format)
            image.load()
    return path.read_bytes(), size, kind


def _shrink(data: bytes, limit: int) -> tuple[bytes, str]:
    """The same image in about `limit` bytes: JPEG, or for transparent images PNG with few colors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            shrunk = image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")
    kind = "PNG" if shrunk.mode == "RGBA" else "JPEG"
    out = io.BytesIO()
    for side in SIDES:
        shrunk.thumbnail((side, side))
        out = io.BytesIO()
        if kind == "PNG":
            shrunk.quantize(128, method=Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
        else:
            shrunk.save(out, "JPEG", quality=82, optimize=True)
        if out.tell() <= limit:
            break
    return out.getvalue(), kind
