"""Video files as images, with each frame upright and resized; and images as a video file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hibiscus.data.images.decode import PIXEL_LIMIT, resized
from hibiscus.data.memory_limit import check_memory
from hibiscus.data.named_errors import named_errors
from hibiscus.errors import DataError, MissingExtraError

__all__ = [
    "MAX_FRAMES",
    "VIDEO_ENDINGS",
    "VIDEO_OUTPUT_ENDINGS",
    "frame_rate",
    "read_frames",
    "walk_frames",
    "write_frames",
]

# Each with its reader, so that a playlist with such an extension cannot refer to other files.
VIDEO_ENDINGS = {
    ".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".avi": "avi", ".mkv": "matroska", ".webm": "matroska",
    ".mpg": "mpeg", ".mpeg": "mpeg",
}  # fmt: skip
VIDEO_OUTPUT_ENDINGS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
MAX_FRAMES = 20_000


def read_frames(
    file: Path, shape: tuple[int, int, int], resize: str = "cover", faults: list[str] | None = None
) -> tuple[np.ndarray, tuple[int, int]]:
    """All frames of a video, each resized as it is read.

    Args:
        file: its extension is one of `VIDEO_ENDINGS`.
        shape: height, width, and 1 for grayscale or 3 for RGB.
        resize: `cover` scales the short side and crops the center; `squash` ignores the aspect ratio.
        faults: receives a sentence if the video is damaged or incomplete.

    Returns:
        uint8 (frames, height, width, channels), and the height and width of the upright frames in the file.

    Raises:
        as `walk_frames`.
    """
    frames: list[np.ndarray] = []
    size = (0, 0)
    for image in walk_frames(file, faults):
        if len(frames) % 100 == 0:
            check_memory(file, (len(frames) + 100) * math.prod(shape), factor=2)  # the list, and its copy
        size = (image.height, image.width)
        frames.append(_pixels(image, shape, resize))
    return np.stack(frames), size


def walk_frames(file: Path, faults: list[str] | None = None) -> Iterator[Image.Image]:
    """Yields the frames of a video, upright, in RGB and in full size; stops at a broken frame.

    Args:
        file: its extension is one of `VIDEO_ENDINGS`.
        faults: receives a sentence if the video is damaged or incomplete, though some frames were read.

    Raises:
        DataError: not a video of the format of its extension, too large or too long, or broken before its
            first frame.
        MissingExtraError: the package `av` is not installed.
    """
    av = _package(file)
    count, damaged, declared, reason = 0, 0, 0, ""
    try:
        with (
            file.open("rb") as source,
            av.open(source, "r", format=VIDEO_ENDINGS[file.suffix.lower()]) as video,
        ):
            stream = video.streams.video[0]
            if stream.width * stream.height > PIXEL_LIMIT:
                size = f"frames of {stream.width} x {stream.height} pixels"
                raise _refused(file, size, f"at most {PIXEL_LIMIT:,} pixels")
            stream.thread_type = "AUTO"
            declared = int(stream.frames)  # 0 if the file does not state it
            for frame in video.decode(stream):
                if count == MAX_FRAMES:
                    raise _refused(file, f"more than {MAX_FRAMES:,} frames", f"at most {MAX_FRAMES:,}")
                count += 1
                damaged += bool(frame.is_corrupt)
                image = frame.to_image()
                # A phone that was held upright records rotated frames.
                yield image.rotate(frame.rotation, expand=True) if frame.rotation else image
    except (OSError, EOFError, IndexError, ValueError) as error:  # PyAV's own errors are of these types too
        reason = str(error)
        if not count:
            reason = "contains no video" if isinstance(error, IndexError) else reason
            received = f"{file}: cannot be read as a video ({reason})"
            raise DataError(received, "a complete video file", "check that the file plays") from error
    if not count:
        raise DataError(f"{file}: contains no frames", "a complete video file", "check that the file plays")
    if faults is not None:
        faults += _faults(file, count, declared, damaged, reason)


def _faults(file: Path, count: int, declared: int, damaged: int, reason: str) -> list[str]:
    """What is wrong with a video of which `count` frames were read."""
    if reason or count < declared:
        total = f" of {declared:,}" if declared else ""
        return [
            f"{file}: incomplete or damaged, only {count:,}{total} frames were read ({reason or 'it ends'})"
        ]
    return [f"{file}: {damaged:,} of {count:,} frames are damaged"] if damaged else []


def frame_rate(file: Path) -> Fraction:
    """Frames per second of a video that `walk_frames` reads; 25 if the file does not specify it."""
    reader = VIDEO_ENDINGS[file.suffix.lower()]
    package = _package(file)
    with named_errors(file), file.open("rb") as source, package.open(source, "r", format=reader) as video:
        return Fraction(video.streams.video[0].average_rate or 25)


def write_frames(images: Iterable[np.ndarray], file: Path, rate: Fraction) -> int:
    """Writes images as a widely supported video: H.264, with sides cropped to even numbers.

    Args:
        images: uint8 (height, width, 3), all of one size.
        file: its extension is one of `VIDEO_OUTPUT_ENDINGS`; an existing file is not overwritten.
        rate: frames per second.

    Returns:
        The number of images.

    Raises:
        DataError: the file cannot be written, or there are no images.
        MissingExtraError: the package `av` is not installed.
    """
    av = _package(file)
    count, stream, created = 0, None, False
    container = VIDEO_OUTPUT_ENDINGS[file.suffix.lower()]
    try:
        with file.open("xb") as target, av.open(target, "w", format=container) as out:
            created = True
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
    except BaseException as error:  # an incomplete video is removed, also after an interruption by the user
        if created:
            file.unlink(missing_ok=True)
        if isinstance(error, OSError | ValueError):
            fix = "use another --out, or images of one size"
            received = f"{file}: cannot be written ({error})"
            raise DataError(received, "a file that a video can be written to", fix) from error
        raise
    if not count:
        file.unlink(missing_ok=True)
        raise DataError(f"{file}: no images to write", "at least one", "check the input")
    return count


def _package(file: Path) -> Any:
    try:
        import av  # type: ignore[import-not-found]
    except ImportError:
        received, fix = f"{file}: reading a video requires the package av", "pip install 'hibiscus[video]'"
        raise MissingExtraError(received, "the extra video", fix) from None
    return av


def _refused(file: Path, received: str, limit: str) -> DataError:
    fix = "shorten or scale it first: ffmpeg -i in.mp4 -t 60 -vf scale=1280:-2 out.mp4"
    return DataError(f"{file}: {received}", limit, fix)


def _pixels(image: Any, shape: tuple[int, int, int], resize: str) -> np.ndarray:
    height, width, channels = shape
    plain = image.convert("L" if channels == 1 else "RGB")
    return np.asarray(resized(plain, (height, width), resize)).reshape(shape)
