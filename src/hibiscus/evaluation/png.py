"""PNG encoding of gallery images, in files or embedded as data URLs."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["decode_png", "embed_png", "encode_png"]

EMBEDDED = "data:image/png;base64,"


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Encodes an image `(height, width)` or `(height, width, 3 or 4)` as PNG."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(stream, "PNG")
    return stream.getvalue()


def embed_png(image: NDArray[np.uint8]) -> str:
    """An image as a data URL."""
    return EMBEDDED + base64.b64encode(encode_png(image)).decode("ascii")


def decode_png(text: str, folder: Path) -> NDArray[np.uint8]:
    """The image of a data URL, or of a file in a folder.

    Raises:
        ValueError: the file is not in the folder itself, or the text is not a valid data URL.
        OSError: the file cannot be read.
    """
    from PIL import Image

    if text.startswith(EMBEDDED):
        stream = io.BytesIO(base64.b64decode(text.removeprefix(EMBEDDED), validate=True))
    elif Path(text).name == text:
        stream = io.BytesIO((folder / text).read_bytes())
    else:
        raise ValueError(f"{text!r} is outside the folder")
    with Image.open(stream, formats=["PNG"]) as image:
        return np.array(image)
