"""The samples along a training, one after another as one small moving image."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from hibiscus.report.formatting import plural, shorten

__all__ = ["epoch_of", "moving"]

MOST = 700_000  # bytes of the moving image, before base64 adds a third
TRIES: tuple[tuple[int, dict[str, Any]], ...] = (  # pixels of the longer side, how WebP packs them: the first that is small enough
    *((520, options) for options in ({"lossless": True}, {"quality": 80}, {"quality": 50})),
    *((side, {"quality": 50}) for side in (360, 240, 160)),
)
LEAST = 400  # pixels of the longer side, below which every pixel is drawn as several
PIXELS = 4_000_000  # of a grid that is opened at all
SHOWN, HELD = 240, 2400  # milliseconds of a frame, and of the last
STRIP = 24  # pixels for the words above


def moving(paths: Sequence[Path]) -> dict[str, Any] | None:
    """The grids `epoch-0001.png` and so on as `{uri, bytes, width, height, caption}`, or None where fewer than two can be read.

    A grid that is unreadable, or of another size than the last, is passed over.

    Args:
        paths: in the order in which they are shown.
    """
    frames = [(epoch_of(path), image) for path in paths if (image := _open(path))]
    frames = [(epoch, image) for epoch, image in frames if image.size == frames[-1][1].size]
    if len(frames) < 2:
        return None
    for side, options in TRIES:
        drawn = [_frame(image, f"epoch {epoch}", side) for epoch, image in frames]
        if len(frames) * len(_packed(drawn[-1:], options)) <= MOST:
            data = _packed(drawn, options)
            width, height = drawn[0].size
            caption = f"{plural(len(frames), 'grid')}, epoch {frames[0][0]} to {frames[-1][0]}; each place from the same noise."
            uri = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
            return {"uri": uri, "bytes": len(data), "width": width, "height": height, "caption": caption}
    return None


def epoch_of(path: Path) -> str:
    """`7` for `epoch-0007.png`, in at most twelve letters."""
    return shorten(path.stem.removeprefix("epoch-").lstrip("0") or "0", 12)


def _open(path: Path) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=["PNG"]) as image:
                return image.convert("RGB") if image.width * image.height <= PIXELS else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _frame(image: Image.Image, words: str, side: int) -> Image.Image:
    """The image in the size of the page, with words above it."""
    longer = max(image.size)
    if longer < LEAST:
        factor = max(1, round(LEAST / longer))
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    if max(image.size) > side:
        image = image.copy()
        image.thumbnail((side, side))
    frame = Image.new("RGB", (image.width, image.height + STRIP), "white")
    frame.paste(image, (0, STRIP))
    ImageDraw.Draw(frame).text((2, 4), words, fill=(90, 84, 92), font=ImageFont.load_default(14))
    return frame


def _packed(frames: list[Image.Image], options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    times = [SHOWN] * (len(frames) - 1) + [HELD]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=times, loop=0, **options)
    return out.getvalue()
