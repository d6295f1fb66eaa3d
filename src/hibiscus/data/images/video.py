"""Video files as images, each frame upright, at the size that is asked for; and images as a video file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hibiscus.data.images.decode import PIXEL_LIMIT, resized
from hibiscus.errors import DataError, MissingExtraError

__all__ = ["FILM_ENDINGS", "MOST_FRAMES", "VIDEO_ENDINGS", "frame_rate", "read_frames", "walk_frames", "write_frames"]

# Each with its reader: a playlist under such a name, which could name other files, is not followed.
VIDEO_ENDINGS = {
    ".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".avi": "avi", ".mkv": "matroska", ".webm": "matroska", ".mpg": "mpeg", ".mpeg": "mpeg",
}  # fmt: skip
FILM_ENDINGS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}  # that are written
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
        as `walk_frames`.
    """
    found: list[np.ndarray] = []
    size = (0, 0)
    for image in walk_frames(file):
        size = (image.height, image.width)
        found.append(_pixels(image, shape, resize))
    return np.stack(found), size


def walk_frames(file: Path) -> Iterator[Image.Image]:
    """One frame of a video after the other, upright, in RGB, as large as it is; what follows a broken one is left out.

    Raises:
        DataError: no video of its ending's kind, too large or too long, or broken before its first frame.
        MissingExtraError: the package `av` is not installed.
    """
    av = _package(file)
    count = 0
    try:
        with file.open("rb") as source, av.open(source, "r", format=VIDEO_ENDINGS[file.suffix.lower()]) as video:
            stream = video.streams.video[0]
            if stream.width * stream.height > PIXEL_LIMIT:
                raise _refused(file, f"frames of {stream.width} x {stream.height} pixels", f"at most {PIXEL_LIMIT:,} pixels")
            stream.thread_type = "AUTO"
            for frame in video.decode(stream):
                if count == MOST_FRAMES:
                    raise _refused(file, f"more than {MOST_FRAMES:,} frames", f"at most {MOST_FRAMES:,}")
                count += 1
                image = frame.to_image()
                yield image.rotate(frame.rotation, expand=True) if frame.rotation else image  # a phone that was held upright
    except (OSError, IndexError, ValueError) as error:  # PyAV's own errors are of these kinds too
        if not count:
            reason = "holds no video" if isinstance(error, IndexError) else str(error)
            raise DataError(
                f"{file}: cannot be read as a video ({reason})", "a whole video file", "play it to see what is wrong"
            ) from error
    if not count:
        raise DataError(f"{file}: not one frame in it", "a whole video file", "play it to see what is wrong")


def frame_rate(file: Path) -> Fraction:
    """Frames a second of a video that `walk_frames` reads; 25 where the file does not say."""
    with file.open("rb") as source, _package(file).open(source, "r", format=VIDEO_ENDINGS[file.suffix.lower()]) as video:
        return Fraction(video.streams.video[0].average_rate or 25)


def write_frames(images: Iterable[np.ndarray], file: Path, rate: Fraction) -> int:
    """Writes images as a video that every player shows: H.264, with sides cut to even numbers, as its colours ask for.

    Args:
        images: uint8 (height, width, 3), all of one size.
        file: ends in one of `FILM_ENDINGS`; a file there is not written over.
        rate: frames a second.

    Returns:
        How many there were.

    Raises:
        DataError: the file cannot be written, or no image was given.
        MissingExtraError: the package `av` is not installed.
    """
    av = _package(file)
    count, stream, made = 0, None, False
    try:
        with file.open("xb") as place, av.open(place, "w", format=FILM_ENDINGS[file.suffix.lower()]) as out:
            made = True
            for image in images:
                height, width = (side - side % 2 for side in image.shape[:2])
                if stream is None:
                    stream = out.add_stream("libx264", rate=rate, options={"crf": "20"})
                    stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
                even = np.ascontiguousarray(image[:height, :width])
                out.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
                count += 1
            if stream is not None:
                out.mux(stream.encode())
    except BaseException as error:  # half a film is none, also where a person stops it
        if made:
            file.unlink(missing_ok=True)
        if isinstance(error, OSError | ValueError):
            fix = "another --out, or images of one size"
            raise DataError(f"{file}: cannot be written ({error})", "a place for a video", fix) from error
        raise
    if not count:
        file.unlink(missing_ok=True)
        raise DataError(f"{file}: no image to write", "at least one", "look at the input")
    return count


def _package(file: Path) -> Any:
    try:
        import av  # type: ignore[import-not-found]
    except ImportError:
        raise MissingExtraError(f"{file}: a video needs the package av", "the extra video", "pip install 'hibiscus[video]'") from None
    return av


def _refused(file: Path, found: str, limit: str) -> DataError:
    return DataError(f"{file}: {found}", limit, "cut or shrink it first: ffmpeg -i in.mp4 -t 60 -vf scale=1280:-2 out.mp4")


def _pixels(image: Any, shape: tuple[int, int, int], resize: str) -> np.ndarray:
    height, width, channels = shape
    plain = image.convert("L" if channels == 1 else "RGB")
    return np.asarray(resized(plain, (height, width), resize)).reshape(shape)
