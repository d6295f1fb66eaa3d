"""Answers as large as the images that they are about: boxes and classes drawn on the files themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hibiscus.errors import DataError, UsageError

__all__ = ["of_size", "on_the_file", "over", "write_classes", "write_film"]


def on_the_file(found: dict[str, Any], place: int, score: float) -> Any:
    """One image's boxes from a score on, or its classes, over the image as it is in its file.

    Args:
        found: as `Run.predict` gave it, with `size`, and `boxes` and `box_classes`, or `mask` and `classes`.
        place: which of the images.
        score: from which a box is drawn.

    Returns:
        uint8 (height, width, 3), or None where no file is at hand (a frame of a video).
    """
    from hibiscus.data.images.decode import open_image

    file = Path(str(found["id"][place]))
    if "size" not in found or not file.is_file():
        return None
    image = open_image(file, mode="rgb")
    return over(image, found, place, score) if image.shape[:2] == tuple(map(int, found["size"][place])) else None


def over(image: Any, found: dict[str, Any], place: int, score: float) -> Any:
    """An image uint8 (height, width, 3) with what was found in it drawn over it; None where that is neither boxes nor classes."""
    height, width = image.shape[:2]
    if "boxes" in found:
        from hibiscus.evaluation.draw_boxes import above_score, draw_boxes

        rows = found["boxes"][place].copy()
        rows[:, :4] /= (width, height, width, height)
        return draw_boxes(image, *above_score(rows, found["box_classes"], score))
    if "mask" in found and "classes" in found:
        from hibiscus.evaluation.segmentation import draw_mask

        return draw_mask(image, of_size(found["mask"][place], (height, width), True), len(found["classes"]))
    return None


def write_film(found: dict[str, Any], images: list[str], source: Path, out: Path, score: float) -> None:
    """A video with what was found in each of its frames drawn over them; answers that are images of their own make a video of these.

    Args:
        found: as `Run.predict` gave it, for each frame.
        images: which of the answers are images.
        source: the video.
        out: the place of the new one.
        score: from which a box is drawn.

    Raises:
        UsageError: the answers are no images.
        DataError: it cannot be written.
    """
    from hibiscus.data.images.video import frame_rate, walk_frames, write_frames

    if not images:
        raise UsageError(f"--out {out}: the answers hold no images", "a table", f"--out {out.with_suffix('.csv')}")

    own = found[images[0]]

    def frames() -> Iterator[Any]:
        import numpy as np

        for place, frame in zip(range(len(found["id"])), walk_frames(source), strict=False):
            drawn = over(np.asarray(frame), found, place, score)
            yield np.broadcast_to(own[place], (*own[place].shape[:2], 3)) if drawn is None else drawn

    write_frames(frames(), out, frame_rate(source))


def of_size(pixels: Any, size: Any, exact: bool) -> Any:
    """An answer brought to the size of the image that it is about; class numbers (exact) are taken from the nearest place."""
    import numpy as np
    from PIL import Image

    plain = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    how = Image.Resampling.NEAREST if exact else Image.Resampling.BILINEAR
    return np.array(plain.resize((int(size[1]), int(size[0])), how))


def write_classes(names: list[str], folder: Path) -> None:
    """A line for each class, the first for class number 0, in the folder that the masks go to.

    Raises:
        DataError: another list stands there, or it cannot be written.
    """
    path, text = folder / "classes.txt", "".join(f"{name}\n" for name in names)
    try:
        if path.exists() and path.read_text(encoding="utf-8", errors="replace") != text:
            raise DataError(f"{path}: the classes of other masks", "a folder without it", f"--out {folder}-2/")
        folder.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})", "a new file", "another --out") from None
