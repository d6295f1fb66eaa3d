"""Plain JPEGs straight through libjpeg-turbo and PyTorch's resize, some three times as fast as through Pillow, which is the slow twin.

Whatever is not plain (CMYK, damaged, huge, of unknown colours) is left to Pillow, which also knows how to name what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import stat

import numpy as np

__all__ = ["jpeg_bytes", "read_jpeg"]

START = b"\xff\xd8\xff"
LARGEST_FILE = 2**26  # bytes; more is read piece by piece, by Pillow
FIRST = 2**16  # bytes; most JPEGs of small images whole
# As bytes, and without waiting: a pipe would block for ever. Windows has no pipes among files, and other systems have bytes alone.
OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
EXIF, EXIF_REACH = b"Exif\0\0", 2**17  # the segment stands near the beginning
# How an upright image is made of the stored one, by the EXIF orientation (CIPA DC-008, 4.6.4).
TURNS = {
    2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1], 5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1), 7: lambda a: a[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90,
}  # fmt: skip


def jpeg_bytes(file: str | os.PathLike[str]) -> bytes | None:
    """The content of a file that begins as a JPEG does; None for any other, or where it cannot be read.

    By the system's own calls, as few as there can be: at each the thread lets go of the interpreter, and must win it back from the others.
    """
    with contextlib.suppress(OSError, ValueError):
        opened = os.open(file, OPENING)
        try:
            state = os.fstat(opened)
            if stat.S_ISREG(state.st_mode) and len(START) < state.st_size <= LARGEST_FILE:
                data = os.read(opened, FIRST)
                if data.startswith(START) and state.st_size > len(data):
                    data += os.read(opened, state.st_size - len(data))
                return data if data.startswith(START) and len(data) == state.st_size else None
        finally:
            os.close(opened)
    return None


def read_jpeg(data: bytes, size: tuple[int, int], mode: str, resize: str, limit: int) -> np.ndarray | None:
    """A plain JPEG brought to a size, upright; None for what Pillow is to read.

    Args:
        data: the file's bytes.
        size: (height, width); it is decoded at the nearest eighth that is twice as large, so that cutting to whole pixels does not show.
        mode: "auto" keeps grey grey; "grey" or "rgb" force one.
        resize: "cover" scales the short side and crops the centre; "squash" ignores the proportions.
        limit: most pixels to decode.

    Returns:
        uint8, (height, width) if grey, else (height, width, 3), in any order of memory.
    """
    import simplejpeg

    try:
        height, width, colors, _ = simplejpeg.decode_jpeg_header(data)
        if colors not in ("Gray", "YCbCr") or int(height) * int(width) > limit:
            return None
        turn = _orientation(data)
        wanted = "GRAY" if mode == "gray" or (mode == "auto" and colors == "Gray") else "RGB"
        least_height, least_width = size if turn < 5 else size[::-1]
        stored = simplejpeg.decode_jpeg(data, wanted, min_height=2 * least_height, min_width=2 * least_width)
    except ValueError:
        return None
    upright = _resized(np.ascontiguousarray(TURNS[turn](stored)) if turn in TURNS else stored, size, resize)
    return upright[..., 0] if wanted == "GRAY" else upright


def _orientation(data: bytes) -> int:
    """The EXIF orientation; 1 where there is none, or a broken one."""
    place = data.find(EXIF, 0, EXIF_REACH)
    if place < 0:
        return 1
    from PIL import Image

    with contextlib.suppress(Exception):
        found = Image.Exif()
        found.load(data[place : place + 2**16])
        return int(found.get(0x0112, 1))
    return 1


def _resized(pixels: np.ndarray, size: tuple[int, int], how: str) -> np.ndarray:
    """Antialiased, as Pillow does it; "cover" cuts to whole pixels first."""
    import torch

    (height, width), (rows, columns) = size, pixels.shape[:2]
    if how == "cover":
        scale = min(rows / height, columns / width)
        inner = max(1, round(height * scale)), max(1, round(width * scale))
        top, left = (rows - inner[0]) // 2, (columns - inner[1]) // 2
        pixels = pixels[top : top + inner[0], left : left + inner[1]]
    if pixels.shape[:2] == size:
        return pixels
    # The axes are turned by NumPy: each call of PyTorch lets go of the interpreter and must win it back from the other threads.
    stored = torch.from_numpy(np.ascontiguousarray(pixels)[None].transpose(0, 3, 1, 2))
    made = torch.nn.functional.interpolate(stored, size, mode="bilinear", antialias=True)
    return made.numpy()[0].transpose(1, 2, 0)
