"""Where data lies; a path that does not exist is refused before anything heavy is imported."""

from __future__ import annotations

import os
import re
from pathlib import Path

from hibiscus.data.foreign_data import data_hint
from hibiscus.errors import DataError, nearest

__all__ = ["BUNDLED", "check_exists", "existing"]

BUNDLED = {
    "digits": "1,797 images of handwritten digits, 8x8 grayscale (UCI optdigits)",
    "two-photos": "520 crops of two photographs, 32x32 in color, a temple and a flower (CC BY, scikit-learn)",
    "digits-inverted": "1,797 digits, every second image inverted (dark on light): two image domains",
    "digits-edges": "1,797 digits with their edges as inputs: aligned pairs of images",
    "iris": "150 flowers with four lengths, 3 species (Fisher 1936)",
    "wine": "178 wines with thirteen measurements, 3 growers (UCI)",
    "breast-cancer": "569 tumors with thirty measurements, 2 diagnoses (UCI)",
    "shapes": "9,720 synthetic images, 32x32 grayscale, all combinations of 5 known factors (after dSprites)",
    "scenes": "400 synthetic scenes of discs, squares and triangles, 48x64 in color, with masks and boxes",
    "number-words": "3,000 synthetic pairs of texts, numbers in German and in English words (translation)",
    "number-texts": "3,000 synthetic texts, numbers in English words",
    "sales": "730 days of synthetic sales of two products, with a price, a trend and a weekly season",
    "diabetes": "442 patients with ten measurements and their progression in a year, a number (Efron 2004)",
}
PREFIXES = ("gym:", "hf:")


def check_exists(path: str) -> None:
    """Checks that data can be there: a bundled name, `hf:...`, `gym:...`, or a file or folder that exists.

    Raises:
        DataError: there is no such file or folder.
    """
    if path and path not in BUNDLED and not path.startswith(PREFIXES):
        existing(path)


def existing(path: str) -> Path:
    """The location of a file or folder.

    Raises:
        DataError: it does not exist, or the path is not valid.
    """
    try:
        location = Path(path).expanduser()
        exists = location.exists()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a null byte, an unknown ~user
        reason = getattr(error, "strerror", None) or error  # not the path once more
        raise DataError(
            f"{path[:200]}: not a valid path ({reason})", "a folder or a file", "check the path"
        ) from None
    if not exists and re.match(r"[a-z][a-z0-9]+:", path):
        expected = "a path, a bundled name, hf:owner/name or gym:NAME"
        raise DataError(f"{path}: unknown prefix", expected, "check the part before the colon")
    if not exists:
        raise _missing(path, location)
    return location


def _missing(path: str, location: Path) -> DataError:
    """The error for a path that does not exist; no bundled name is guessed for what looks like a path."""
    bundled = [] if location.suffix or os.sep in path else BUNDLED
    hint = nearest(location.name, [*bundled, *(p.name for p in _siblings(location))])
    hint = data_hint(path) or (hint if hint.startswith("did you mean") else "check the path")
    expected = "a folder or a file"
    if bundled:
        expected = f"a folder, a file, or a bundled dataset ({', '.join(BUNDLED)})"
    return DataError(f"{path}: no such file or folder", expected, hint)


def _siblings(path: Path) -> list[Path]:
    try:
        return (
            [child for child in path.parent.iterdir() if not child.name.startswith(".")][:200]
            if path.parent.is_dir()
            else []
        )
    except OSError:
        return []
