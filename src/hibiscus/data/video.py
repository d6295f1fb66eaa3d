"""Video files as pictures: each frame, upright, at the size that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.decode import PIXEL_LIMIT, resized
from hibiscus.errors import DataError, MissingExtraError

__all__ = ["MOST_FRAMES", "VIDEO_ENDINGS", "read_frames"]

# Each with its reader: a playlist under such a name, which could name other files, is not followed.
VIDEO_ENDINGS = {
    ".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".avi": "avi", ".mkv": "matroska", ".webm": "matroska", ".mpg": "mpeg", ".mpeg": "mpeg",
}  # fmt: skip
MOST_FRAMES = 20_000


def read_frames(file: Path, shape: tuple[int, int, int], resize: str = "cover") -> tuple[np.ndarray, tuple[int, int]]:
    """All frames of a video, each brought to a shape as it is read.

    Args:
        file: ends in one of `VIDEO_ENDINGS`.
        shape: height, width, and 1 for grey or 3 for RGB.
        resize: `cover` scales the short side and crops the centre; `squash` ignores the proportions.

    Returns:
        uint8 (frames, height, width, channels), and the height and width that the upright frames have in the file.

    Raises:
        DataError: no video of its ending's kind, too large or too long, or broken before its first frame.
        MissingExtraError: the package `av` is not installed.
    """
    try:
        import av  # type: ignore[import-not-found]
    except ImportError:
        raise MissingExtraError(f"{file}: a video needs the package av", "the extra video", "pip install 'hibiscus[video]'") from None
    found: list[np.ndarray] = []
    size = (0, 0)
    try:
        with file.open("rb") as source, av.open(source, "r", format=VIDEO_ENDINGS[file.suffix.lower()]) as video:
            stream = video.streams.video[0]
            if stream.width * stream.height > PIXEL_LIMIT:
                raise _refused(file, f"frames of {stream.width} x {stream.height} pixels", f"at most {PIXEL_LIMIT:,} pixels")
            stream.thread_type = "AUTO"
            for frame in video.decode(stream):
                if len(found) == MOST_FRAMES:
                    raise _refused(file, f"more than {MOST_FRAMES:,} frames", f"at most {MOST_FRAMES:,}")
                picture = frame.to_image()
                picture = picture.rotate(frame.rotation, expand=True) if frame.rotation else picture  # a phone that was held upright
                size = (picture.height, picture.width)
                found.append(_pixels(picture, shape, resize))
    except (OSError, IndexError, ValueError) as error:  # PyAV's own errors are of these kinds too
        if not found:
            reason = "holds no video" if isinstance(error, IndexError) else str(error)
            raise DataError(
                f"{file}: cannot be read as a video ({reason})", "a whole video file", "play it to see what is wrong"
            ) from error
    if not found:
        raise DataError(f"{file}: not one frame in it", "a whole video file", "play it to see what is wrong")
    return np.stack(found), size


def _refused(file: Path, found: str, limit: str) -> DataError:
    return DataError(f"{file}: {found}", limit, "cut or shrink it first: ffmpeg -i in.mp4 -t 60 -vf scale=1280:-2 out.mp4")


def _pixels(picture: Any, shape: tuple[int, int, int], resize: str) -> np.ndarray:
    height, width, channels = shape
    plain = picture.convert("L" if channels == 1 else "RGB")
    return np.asarray(resized(plain, (height, width), resize)).reshape(shape)
