"""The values of mask files: gray values or colors as integers, and how often each occurs in all masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from hibiscus.data.images.codecs import readers
from hibiscus.data.images.jpeg import jpeg_bytes
from hibiscus.errors import DataError

__all__ = ["COLOR", "MaskMode", "ValueCounts", "color_code", "count_values", "read_values"]

COLOR = 1 << 24  # added to colors (red, green, blue as one number), to tell them from gray values
LARGEST_MASK = 2**26  # pixels
MAX_VALUES = 100_000  # distinct values of all masks, far above those of any segmentation


@dataclass(frozen=True)
class MaskMode:
    """How the files of a dataset are read, which no single file can tell.

    Args:
        palette: whether palette images are read by their colors instead of their indices.
        alpha: whether the transparency is the mask, as the colors are the same everywhere.
    """

    palette: bool = False
    alpha: bool = False


@dataclass
class ValueCounts:
    """The values of masks.

    Args:
        pixels: the number of pixels of each value.
        inner: the number of those whose four neighbors have the same value.
    """

    pixels: dict[int, int] = field(default_factory=dict)
    inner: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of pixels of all values."""
        return sum(self.pixels.values())

    def add(self, values: np.ndarray) -> None:
        """Counts the values of one mask."""
        _count(self.pixels, values)
        if min(values.shape) > 2:
            center = values[1:-1, 1:-1]
            same = (center == values[:-2, 1:-1]) & (center == values[2:, 1:-1])
            same &= (center == values[1:-1, :-2]) & (center == values[1:-1, 2:])
            _count(self.inner, center[same])

    def is_solid(self, value: int) -> bool:
        """Whether a value fills areas, or much of the masks, instead of lying on edges only."""
        count = self.pixels[value]
        return self.inner.get(value, 0) >= 0.2 * count or count >= 0.1 * self.total


def _count(counts: dict[int, int], values: np.ndarray) -> None:
    flat = values.ravel()
    if flat.size and flat.max() < 2**16:
        numbers = np.bincount(flat)
        known = np.flatnonzero(numbers)
        numbers = numbers[known]
    else:
        known, numbers = np.unique(flat, return_counts=True)
    for value, number in zip(known.tolist(), numbers.tolist(), strict=True):
        counts[value] = counts.get(value, 0) + number


def color_code(color: Iterable[int]) -> int:
    """A color (red, green, blue) as one number; the gray value if all three are equal."""
    red, green, blue = color
    return red if red == green == blue else COLOR + (red << 16) + (green << 8) + blue


def count_values(files: Sequence[Path], listed_by: str | None = None) -> tuple[ValueCounts, MaskMode]:
    """The values of all masks, as a rare class may occur in only one, and how the files are to be read.

    Args:
        files: the masks; those that cannot be read are left out.
        listed_by: `ClassList.by`; None without a list.

    Raises:
        DataError: more values than any segmentation has, or class numbers in some files and colors in others.
    """
    mode, kinds = _mode(files, listed_by == "color")
    counts, gray = ValueCounts(), ValueCounts()
    for file in files:
        try:
            values = read_values(file, mode)
        except DataError:
            continue
        counts.add(values)
        if kinds.get(file) == "gray":
            gray.add(values)
        if len(counts.pixels) > MAX_VALUES:
            received = f"{file}: the masks have more than {MAX_VALUES:,} distinct values"
            raise DataError(received, "a few classes", "check whether these are masks")
    numbers = set(gray.pixels) - {0, 255}
    if numbers and listed_by is None and any(value >= COLOR for value in counts.pixels):
        first = {kind: file for file, kind in reversed(kinds.items())}
        other = next(file for kind, file in first.items() if kind != "gray")
        raise DataError(
            f"{first['gray']}: gray values, as class numbers are, but {other.name} has colors",
            "one kind of masks, or a class list of colors",
            "save all masks alike",
        )
    return counts, mode


def _mode(files: Sequence[Path], colored: bool) -> tuple[MaskMode, dict[Path, str]]:
    """Palette images are indices if all of them agree on the colors, and no other image has colors.

    An index stands for another color in each file if a program made a new palette for each of them.
    """
    kinds: dict[Path, str] = {}
    palettes: dict[int, tuple[int, ...]] = {}
    agree, alphas, visible = True, set(), set()
    for file in files:
        try:
            with _opened(file) as image:
                kinds[file] = _kind(image)
                if image.mode == "P":
                    agree = _same_palette(image, palettes) and agree
                elif kinds[file] == "alpha" and len(visible) < 2:
                    _count_alpha(image.convert("RGBA"), alphas, visible)
        except Exception:  # the reason is given when the mask is read
            continue
    present = set(kinds.values())
    ramp = all(color == (index,) * 3 for index, color in palettes.items())
    by_color = colored or not agree or bool(present & {"color", "alpha"}) or ("gray" in present and not ramp)
    alpha = present == {"alpha"} and len(visible) <= 1 and len(alphas) > 1
    return MaskMode(palette="palette" in present and by_color, alpha=alpha), kinds


def _kind(image: Image.Image) -> str:
    """`palette`, `alpha`, `color` or `gray`."""
    kinds = {"P": "palette", "RGBA": "alpha", "LA": "alpha", "PA": "alpha", "RGB": "color", "CMYK": "color"}
    return kinds.get(image.mode, "gray")


def _same_palette(image: Image.Image, known: dict[int, tuple[int, ...]]) -> bool:
    """Whether the used indices have the colors that they have in the other files."""
    colors = np.array(image.getpalette("RGB") or [], np.int64).reshape(-1, 3)
    used = [index for index in np.unique(np.asarray(image)).tolist() if index < len(colors)]
    return all(
        known.setdefault(index, tuple(colors[index].tolist())) == tuple(colors[index].tolist())
        for index in used
    )


def _count_alpha(image: Image.Image, alphas: set[int], visible: set[int]) -> None:
    """Adds the values of the transparency, and the colors of pixels that can be seen."""
    pixels = np.asarray(image).astype(np.int64)
    alphas |= set(np.unique(pixels[..., 3]).tolist())
    codes = (pixels[..., 0] << 16) + (pixels[..., 1] << 8) + pixels[..., 2]
    visible |= set(np.unique(codes[pixels[..., 3] > 0]).tolist()[:2])


def _opened(file: Path) -> Image.Image:
    if not file.is_file():  # a pipe would block forever
        raise DataError(f"{file}: not a file", "a PNG, BMP, TIFF or GIF", "remove or replace it")
    if jpeg_bytes(file) is not None:
        raise DataError(
            f"{file}: a JPEG, which alters class numbers",
            "a PNG, BMP, TIFF or GIF",
            "save the masks as PNG, from their lossless originals",
        )
    return Image.open(file, formats=[name for name in readers() if name not in ("JPEG", "MPO", "ICO")])


def read_values(file: Path, mode: MaskMode) -> np.ndarray:
    """The values of a mask: int64 `(height, width)`, gray values, or colors by `color_code`.

    Colors of equal red, green and blue are gray values.

    Raises:
        DataError: it cannot be read, has a lossy format, or has values that are no class numbers.
    """
    try:
        with _opened(file) as image:
            if image.width * image.height > LARGEST_MASK:
                received = f"{file}: {image.width} x {image.height} pixels"
                raise DataError(received, f"at most {LARGEST_MASK:,} pixels", "reduce it")
            return _values(image, mode, file)
    except DataError:
        raise
    except Exception as error:  # decoders raise errors of any type for hostile bytes
        received = f"{file}: not a mask ({error or type(error).__name__})"
        fix = "save the masks as PNG, from their lossless originals"
        raise DataError(received, "a PNG, BMP, TIFF or GIF", fix) from None


def _values(image: Image.Image, mode: MaskMode, file: Path) -> np.ndarray:
    if image.mode.startswith(("I", "F")):
        return _deep_values(np.asarray(image), file)
    if mode.alpha and image.mode in ("RGBA", "LA", "PA"):
        return np.asarray(image.convert("RGBA"))[..., 3].astype(np.int64)
    if image.mode == "P" and not mode.palette:
        return np.asarray(image).astype(np.int64)
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L")).astype(np.int64)
    colors = np.asarray(image.convert("RGB")).astype(np.int64)
    red, green, blue = colors[..., 0], colors[..., 1], colors[..., 2]
    gray = (red == green) & (green == blue)
    return np.where(gray, red, COLOR + (red << 16) + (green << 8) + blue)


def _deep_values(values: np.ndarray, file: Path) -> np.ndarray:
    """16-bit class numbers up to 255; 0 and 65535 are black and white."""
    whole = values.astype(np.int64)
    if (whole != values).any() or whole.min() < 0:
        raise DataError(
            f"{file}: a mask with values that are no whole numbers from 0",
            "class numbers",
            "save it as an 8-bit PNG",
        )
    if set(np.unique(whole).tolist()) <= {0, 65535}:
        return np.where(whole > 0, 255, 0) if whole.max() else whole
    if whole.max() > 255:
        raise DataError(
            f"{file}: a mask with values up to {whole.max():,}, which are object numbers, not classes",
            "class numbers from 0 to 254",
            "save the class of each pixel as an 8-bit PNG",
        )
    return whole
