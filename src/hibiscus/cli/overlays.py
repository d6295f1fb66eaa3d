"""Predictions in the size of the original images: boxes and masks drawn over files and video frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hibiscus.errors import DataError, UsageError
from hibiscus.runs.destination import writing

__all__ = ["overlay", "overlay_original", "resize", "save_mask", "write_classes", "write_video"]


def overlay_original(predictions: dict[str, Any], index: int, score: float) -> Any:
    """The boxes or the mask of one image, drawn over the image in its file.

    Args:
        predictions: as returned by `Run.predict`, with `size`, and `boxes` and `box_classes`, or `mask` and
            `classes`.
        index: the index of the image.
        score: the score from which a box is drawn.

    Returns:
        uint8 (height, width, 3), or None if there is no such file (a frame of a video).
    """
    from hibiscus.data.images.decode import open_image

    file = Path(str(predictions["id"][index]))
    if "size" not in predictions or not file.is_file():
        return None
    image = open_image(file, mode="rgb")
    same_size = image.shape[:2] == tuple(map(int, predictions["size"][index]))
    return overlay(image, predictions, index, score) if same_size else None


def overlay(image: Any, predictions: dict[str, Any], index: int, score: float) -> Any:
    """An image, uint8 (height, width, 3), overlaid with its predicted boxes or mask; None for others."""
    height, width = image.shape[:2]
    if "boxes" in predictions:
        from hibiscus.evaluation.draw_boxes import above_score, draw_boxes

        rows = predictions["boxes"][index].copy()
        rows[:, :4] /= (width, height, width, height)
        return draw_boxes(image, *above_score(rows, predictions["box_classes"], score))
    if "mask" in predictions and "classes" in predictions:
        from hibiscus.evaluation.segmentation import draw_mask

        mask = resize(predictions["mask"][index], (height, width), True)
        return draw_mask(image, mask, len(predictions["classes"]))
    return None


def write_video(
    predictions: dict[str, Any], images: list[str], source: Path, out: Path, score: float
) -> None:
    """Writes a video whose frames are overlaid with predictions, or replaced by predicted images.

    Args:
        predictions: as returned by `Run.predict`, for each frame.
        images: the names of the predictions that are images.
        source: the input video.
        out: the new video.
        score: the score from which a box is drawn.

    Raises:
        UsageError: the predictions are not images.
        DataError: the video cannot be written.
    """
    from hibiscus.data.images.video import frame_rate, walk_frames, write_frames

    if not images:
        raise UsageError(
            f"--out {out}: the predictions contain no images", "a table", f"--out {out.with_suffix('.csv')}"
        )

    replacements = predictions[images[0]]

    def frames() -> Iterator[Any]:
        import numpy as np

        for index, frame in zip(range(len(predictions["id"])), walk_frames(source), strict=False):
            drawn = overlay(np.asarray(frame), predictions, index, score)
            image = replacements[index]
            yield np.broadcast_to(image, (*image.shape[:2], 3)) if drawn is None else drawn

    write_frames(frames(), out, frame_rate(source))


def resize(pixels: Any, size: Any, nearest: bool) -> Any:
    """A predicted image in the size (height, width) of the original; masks need nearest-neighbor resizing."""
    import numpy as np
    from PIL import Image

    plain = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    interpolation = Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR
    return np.array(plain.resize((int(size[1]), int(size[0])), interpolation))


def save_mask(mask: Any, classes: int, path: Path) -> None:
    """Writes a mask as a PNG whose pixel values are the class numbers, with a palette that shows the classes.

    Args:
        mask: uint8 `(height, width)`, or with one channel.
        classes: the number of classes.
        path: a new file.

    Raises:
        DataError: it cannot be written.
    """
    import numpy as np
    from PIL import Image

    from hibiscus.evaluation.segmentation import colors_of

    image = Image.fromarray(np.ascontiguousarray(np.asarray(mask, np.uint8).reshape(mask.shape[:2])))
    image.putpalette(colors_of(classes).tobytes())
    with writing(path), path.open("xb") as file:
        image.save(file, format="PNG")


def write_classes(names: list[str], path: Path) -> None:
    """Writes one line per class, the first for class number 0, beside the masks.

    Raises:
        DataError: the file exists with other classes, or it cannot be written.
    """
    text = "".join(f"{name}\n" for name in names)
    with writing(path):
        if path.exists() and path.read_text(encoding="utf-8", errors="replace") != text:
            raise DataError(
                f"{path}: lists the classes of other masks",
                "a folder without this file",
                f"--out {path.parent}-2/",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
