"""The sample grids of the epochs as one small animated image."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from hibiscus.report.formatting import plural, shorten

__all__ = ["animate", "epoch_of"]

MAX_BYTES = 700_000  # of the animation, before base64 adds a third
TRIES: tuple[
    tuple[int, dict[str, Any]], ...
] = (  # pixels of the longer side, how WebP packs them: the first that is small enough
    *((520, options) for options in ({"lossless": True}, {"quality": 80}, {"quality": 50})),
    *((side, {"quality": 50}) for side in (360, 240, 160)),
)
MIN_SIDE = 400  # pixels of the longer side, below which images are enlarged
PIXELS = 4_000_000  # of a grid that is opened at all
FRAME_TIME, LAST_TIME = 240, 2400  # milliseconds of a frame, and of the last
STRIP = 24  # pixels for the text above


def animate(paths: Sequence[Path]) -> dict[str, Any] | None:
    """The grids as `{uri, bytes, width, height, caption}`, or None where fewer than two can be read.

    A grid that is unreadable, or of another size than the last, is left out.

    Args:
        paths: `epoch-0001.png` and so on, in the order in which they are shown.
    """
    frames = [(epoch_of(path), image) for path in paths if (image := _open(path))]
    frames = [(epoch, image) for epoch, image in frames if image.size == frames[-1][1].size]
    if len(frames) < 2:
        return None
    for side, options in TRIES:
        rendered = [_frame(image, f"epoch {epoch}", side) for epoch, image in frames]
        if len(frames) * len(_packed(rendered[-1:], options)) <= MAX_BYTES:
            data = _packed(rendered, options)
            width, height = rendered[0].size
            epochs = f"epoch {frames[0][0]} to {frames[-1][0]}"
            caption = (
                f"{plural(len(frames), 'grid')}, {epochs}; each position is generated from the same noise."
            )
            uri = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
            return {"uri": uri, "bytes": len(data), "width": width, "height": height, "caption": caption}
    return None


def epoch_of(path: Path) -> str:
    """`7` for `epoch-0007.png`, in at most twelve characters."""
    return shorten(path.stem.removeprefix("epoch-").lstrip("0") or "0", 12)


def _open(path: Path) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=["PNG"]) as image:
                return image.convert("RGB") if image.width * image.height <= PIXELS else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _frame(image: Image.Image, text: str, side: int) -> Image.Image:
    """The image in the size of the page, with text above it."""
    longer = max(image.size)
    if longer < MIN_SIDE:
        factor = max(1, round(MIN_SIDE / longer))
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    if max(image.size) > side:
        image = image.copy()
        image.thumbnail((side, side))
    frame = Image.new("RGB", (image.width, image.height + STRIP), "white")
    frame.paste(image, (0, STRIP))
    ImageDraw.Draw(frame).text((2, 4), text, fill=(90, 84, 92), font=ImageFont.load_default(14))
    return frame


def _packed(frames: list[Image.Image], options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    times = [FRAME_TIME] * (len(frames) - 1) + [LAST_TIME]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=times, loop=0, **options)
    return out.getvalue()
