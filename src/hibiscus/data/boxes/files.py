"""Files around boxes: read with a limit, found without leaving the folder, written under names that no two share."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from hibiscus.data.boxes.formats import BoxSet
from hibiscus.data.images.decode import PIXEL_LIMIT
from hibiscus.data.images.folder import IMAGE_ENDINGS, PART_NAMES, find_images, is_hidden, look_at_headers
from hibiscus.data.masks.class_list import decoded
from hibiscus.data.masks.folder import MASK_FOLDERS
from hibiscus.errors import DataError

__all__ = [
    "ImageIndex",
    "child_named",
    "children",
    "flat_names",
    "folders_in",
    "image_size",
    "part_folders",
    "part_in_name",
    "place_images",
    "read_bytes",
    "read_text",
    "safe_relative",
]


def children(folder: Path, endings: tuple[str, ...] = ()) -> list[Path]:
    """What a folder holds, sorted, but for hidden names; of these endings where some are given."""
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [folder / name for name in names if (not endings or name.lower().endswith(endings)) and not is_hidden(name)]


def folders_in(folder: Path) -> list[Path]:
    """The folders that a folder holds, sorted, but for hidden ones."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [folder / name for name in sorted(entry.name for entry in entries if entry.is_dir()) if not is_hidden(name)]


def child_named(folder: Path, *names: str) -> Path | None:
    """The first folder inside with one of these names, large and small letters alike."""
    known = {child.name.lower(): child for child in folders_in(folder)}
    return next((known[name.lower()] for name in names if name.lower() in known), None)


def part_folders(folder: Path) -> list[Path]:
    """The folders inside that are called as a part."""
    return [child for child in folders_in(folder) if part_in_name(child.name)]


def part_in_name(name: str) -> str:
    """The part that a file's or a folder's name tells (`instances_val2017`, `labels_train`); `""` where none."""
    words = re.findall(r"[a-z]+", name.lower())
    return next((PART_NAMES[word] for word in words if word in PART_NAMES), "")


def read_bytes(file: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises:
        DataError: larger, not a file, or not readable.
    """
    if not file.is_file():  # a pipe would block for ever
        raise DataError(f"{file}: not a file", "a file with annotations", "check the path")
    try:
        with file.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error})", "a file that may be read", "check its rights") from None
    if len(data) > limit:
        found = f"{file}: larger than annotations are read ({file.stat().st_size:,} bytes)"
        raise DataError(found, f"at most {limit:,} bytes", "cut it into several files")
    return data


def read_text(file: Path, limit: int) -> str:
    """The text of a file in UTF-8 (with or without its mark), else in Windows-1252, which takes any byte."""
    return decoded(read_bytes(file, limit))


def safe_relative(name: str) -> str | None:
    """A path inside a folder with `/`, or None for one that leaves it: absolute, with a drive, or with `..`."""
    text = name.strip().replace("\\", "/")
    bad = not text or "\0" in text or text.startswith("/") or re.match(r"[A-Za-z]:", text) or "://" in text
    parts = PurePosixPath(text).parts
    return None if bad or ".." in parts or not parts else "/".join(parts)


def image_size(file: Path) -> tuple[int, int] | None:
    """(height, width) of the upright image from its header; None where it is no image, or one too large to decode."""
    sizes, _ = look_at_headers([file])
    return sizes[0] if sizes and 0 < sizes[0][0] * sizes[0][1] <= PIXEL_LIMIT else None


class ImageIndex:
    """The images under some folders, found by name or by stem; never anything outside of them."""

    def __init__(self, folders: Sequence[Path]):
        self.folders = list(dict.fromkeys(folders))
        files = dict.fromkeys(file for folder in self.folders for file in find_images(folder)[0])
        self.files = [file for file in files if file.parent.name.lower() not in MASK_FOLDERS]  # masks have the names of their images
        self.known = {str(file): file for file in self.files}
        self.by_base: dict[str, list[Path]] = {}
        self.by_stem: dict[str, list[Path]] = {}
        for file in self.files:
            self.by_base.setdefault(file.name, []).append(file)
            self.by_stem.setdefault(file.stem, []).append(file)

    def find(self, name: str, near: Iterable[Path] = (), part: str = "") -> Path | None:
        """The image of a relative name: in a folder near, then in any, then the only one of that last name.

        Of several with one last name, the one in a folder of the part is taken, and none where that leaves a choice.
        """
        for folder in [*near, *self.folders]:
            if str(folder / name) in self.known:
                return self.known[str(folder / name)]
        found = self.by_base.get(PurePosixPath(name).name, [])
        return self._only([file for file in found if f"/{file.as_posix()}".endswith(f"/{name}")], part) or self._only(found, part)

    def of_stem(self, stem: str, near: Path | None = None, part: str = "") -> Path | None:
        """The image of a name without ending: the one in the folder near, else the only one, or the only one of the part."""
        found = self.by_stem.get(stem, [])
        return next((file for file in found if file.parent == near), None) or self._only(found, part)

    def listed(self, line: str, part: str = "") -> Path | None:
        """The image that a line of a list names, with or without its ending."""
        name = safe_relative(line)
        if name is None:
            return None
        found = self.find(name, part=part) if PurePosixPath(name).suffix.lower() in IMAGE_ENDINGS else None
        return found or self._only(self.by_stem.get(PurePosixPath(name).name, []), part)

    def beside(self, used: Iterable[Path]) -> int:
        """How many images lie in the same folders as those used, and are none of them."""
        taken = set(used)
        folders = {file.parent for file in taken}
        return sum(file.parent in folders and file not in taken for file in self.files)

    @staticmethod
    def _only(found: list[Path], part: str) -> Path | None:
        if len(found) > 1 and part:
            found = [file for file in found if any(part_in_name(word) == part for word in file.parts[-3:-1])]
        return found[0] if len(found) == 1 else None


def flat_names(boxset: BoxSet) -> list[str]:
    """A file name for each image that no other has, endings and large letters aside; its own name wherever that is free."""
    stems = [_plain(Path(image.name).stem) for image in boxset.images]
    often: dict[str, int] = {}
    for stem in stems:
        often[stem.casefold()] = often.get(stem.casefold(), 0) + 1
    taken = {stem for stem, count in often.items() if count == 1}
    names = []
    for image, own in zip(boxset.images, stems, strict=True):
        stem = own
        if often[own.casefold()] > 1:
            long = _plain(str(PurePosixPath(image.name).with_suffix("")).replace("/", "_"))
            tries = [long, *(f"{long}-{number}" for number in range(2, len(stems) + 3))]
            stem = next(one for one in tries if one.casefold() not in taken)
            taken.add(stem.casefold())
        names.append(stem + Path(image.name).suffix)
    return names


def _plain(text: str) -> str:
    """A name that may stand in a line of a list and be a file's anywhere, and is not a hidden one."""
    return "".join(sign if sign.isprintable() and sign not in "/\\:" else "_" for sign in text).strip().lstrip(".") or "_"


def place_images(boxset: BoxSet, folders: Sequence[Path]) -> list[str]:
    """Puts each image into its folder, linked where the disk can, else copied; returns the names they have there."""
    names = flat_names(boxset)
    for folder in dict.fromkeys(folders):
        folder.mkdir(parents=True, exist_ok=True)
    for image, folder, name in zip(boxset.images, folders, names, strict=True):
        source, target = os.path.realpath(image.file), folder / name
        with contextlib.suppress(OSError):
            os.link(source, target)
            continue
        shutil.copyfile(source, target)
    return names
