r"""Columns that list image files, which are found below the table's folder by name.

A path may have backslashes, a drive letter, a folder that is not there, or no ending: `images\p1.png`,
`C:\x\p1.png`, `p1`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath

from hibiscus.data.files import IMAGE_ENDINGS, walk_files
from hibiscus.data.tables.formula_guard import without_guard
from hibiscus.errors import DataError

__all__ = ["ImageList", "ImagesNear", "has_images_near"]

MAX_FILES = 1_000_000  # below the folder of a table
MIN_FRACTION = 0.5  # of names without endings that have to be those of images


@dataclass(frozen=True)
class ImageList:
    """The image file that each text of a column names.

    Args:
        column: its name.
        files: the image by text; those that were not found are missing.
        notes: what the user should know.
        base: the folder of the table.
    """

    column: str
    files: Mapping[str, Path]
    base: Path
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, column: str, counts: Mapping[str, int], base: Path, near: ImagesNear | None = None
    ) -> ImageList | None:
        """The images that the texts of a column name; None if they are no names of images.

        Args:
            column: its name.
            counts: its distinct texts.
            base: the folder of the table.
            near: the images near the table, if they have been listed for another column.

        Raises:
            DataError: a name that several files have.
        """
        texts = list(counts)
        endings = tuple(IMAGE_ENDINGS)
        named = [text for text in texts if text.lower().endswith(endings)]
        if not texts or not (
            len(named) >= 0.95 * len(texts) or _could_be_names(texts, near or ImagesNear(base))
        ):
            return None
        direct = {text: path for text in texts if (path := _beside(base, text)) is not None}
        if len(direct) == len(texts):
            return cls(column, direct, base)
        index = _Index.below(base)
        found = {text: path for text in texts if (path := direct.get(text) or index.find(text)) is not None}
        if not named and len(found) < MIN_FRACTION * len(texts):
            return None
        if not found:
            reason = f"it names images, but none was found below {base} (such as {texts[0][:60]})"
            return cls(column, {}, base, (f"column '{column}' left out: {reason}",))
        elsewhere = next((text for text in found if text not in direct), None)
        notes = ()
        if elsewhere is not None:
            notes = (
                f"column '{column}': {elsewhere[:60]} was found as {found[elsewhere].relative_to(base)}",
            )
        return cls(column, found, base, notes)

    def path(self, text: object, row: int) -> Path:
        """The file of a row; one that does not exist if the field is empty or the file was not found."""
        if not isinstance(text, str) or not text.strip():
            return self.base / f"(no path in row {row})"
        return self.files.get(text.strip(), self.base / text.strip())


@dataclass(frozen=True)
class ImagesNear:
    """The images in a folder and in the folders inside it, listed when they are first needed."""

    base: Path

    @cached_property
    def stems(self) -> set[str]:
        """The names of the first 20,000 without their endings."""
        return {file.stem for file in islice(_images_near(self.base), 20_000)}


def _could_be_names(texts: list[str], near: ImagesNear) -> bool:
    """Whether texts may be names of images without endings: short, and half of the first ones are such."""
    first = texts[:100]
    if any(len(text) > 200 or "\n" in text for text in first) or not near.base.is_dir():
        return False
    known = sum(PurePosixPath(_slashes(text)).name in near.stems for text in first)
    return bool(near.stems) and known >= MIN_FRACTION * len(first)


def has_images_near(base: Path) -> bool:
    """Whether there are images in a folder or in the folders inside it, which a column may list."""
    return next(_images_near(base), None) is not None


def _images_near(base: Path) -> Iterator[Path]:
    """The images in a folder and in the folders inside it."""
    for folder in (base, *(child for child in sorted(base.iterdir()) if child.is_dir())):
        for file in sorted(folder.iterdir()):
            if file.suffix.lower() in IMAGE_ENDINGS:
                yield file


def _beside(base: Path, text: str) -> Path | None:
    for name in dict.fromkeys((text, without_guard(text))):  # guarded in a CSV file of predictions
        try:
            path = base / name
            if path.is_file() and path.suffix.lower() in IMAGE_ENDINGS:
                return path
        except (OSError, ValueError):
            pass
    return None


def _slashes(text: str) -> str:
    return text.replace("\\", "/")


@dataclass(frozen=True)
class _Index:
    """The images below a folder by the ends of their paths, in lower case, with and without the ending."""

    images: dict[str, list[Path]]
    base: Path

    @classmethod
    def below(cls, base: Path) -> _Index:
        images: dict[str, list[Path]] = {}
        for number, file in enumerate(walk_files(base)):
            if number > MAX_FILES:
                break
            if file.suffix.lower() in IMAGE_ENDINGS:
                for key in {file.name.lower(), file.stem.lower()}:
                    images.setdefault(key, []).append(file)
        return cls(images, base)

    def find(self, text: str) -> Path | None:
        """The image whose path ends as the text does; folders count only where names are not enough."""
        parts = [part for part in _slashes(text).lower().split("/") if part not in ("", ".", "..")]
        if not parts:
            return None
        matches = self.images.get(parts[-1], [])
        for depth in range(2, len(parts) + 1):
            if len(matches) < 2:
                break
            folders = parts[-depth:-1]
            closer = [m for m in matches if [p.lower() for p in m.parts[-depth:-1]] == folders]
            matches = closer or matches
        if len(matches) > 1:
            shown = " and ".join(str(match.relative_to(self.base)) for match in matches[:2])
            raise DataError(
                f"{text}: {len(matches)} images have this name, {shown}",
                "one image for each name",
                "write their folders in the table, or rename them",
            )
        return matches[0] if matches else None
