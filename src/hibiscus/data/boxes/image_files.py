"""The image files of a BoxSet: found by name without leaving the folder, and copied under unique names."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.files import IMAGE_ENDINGS, MASK_FOLDERS, find_images, part_in_name, safe_relative
from hibiscus.data.special_files import check_regular

__all__ = ["ImageIndex", "copy_file", "flat_names", "place_images"]

COPY_BYTES = 1 << 30  # in one call


class ImageIndex:
    """The images in some folders, found by name or by stem; never anything outside of them."""

    def __init__(self, folders: Sequence[Path]):
        self.folders = list(dict.fromkeys(folders))
        files = dict.fromkeys(file for folder in self.folders for file in find_images(folder)[0])
        # Masks have the names of their images.
        self.files = [file for file in files if file.parent.name.lower() not in MASK_FOLDERS]
        self.known = {str(file): file for file in self.files}
        self.by_base: dict[str, list[Path]] = {}
        self.by_stem: dict[str, list[Path]] = {}
        for file in self.files:
            self.by_base.setdefault(file.name.casefold(), []).append(file)
            self.by_stem.setdefault(file.stem, []).append(file)

    def find(self, name: str, near: Iterable[Path] = (), part: str = "") -> Path | None:
        """The image with a relative name: in a nearby folder, else the only one with the longest common end.

        If several have the same file name, the one in a folder of the part is returned, or none if still
        ambiguous.
        """
        for folder in [*near, *self.folders]:
            if str(folder / name) in self.known:
                return self.known[str(folder / name)]
        files = self._in_its_part(self.by_base.get(PurePosixPath(name).name.casefold(), []), name)
        exact = [file for file in files if file.name == PurePosixPath(name).name]
        words = PurePosixPath(name).parts
        for start in range(len(words)):
            end = "/" + "/".join(words[start:])
            ending = [file for file in exact or files if f"/{file.as_posix()}".lower().endswith(end.lower())]
            if ending:
                return self._only(ending, part)
        return None

    def locate(self, text: str, near: Iterable[Path] = (), part: str = "") -> tuple[Path | None, str]:
        """The image that a path in an annotation names, and the fault, `""` without one.

        A path of another place (absolute, of another system, a URL, or with `..`) is found by its end, which
        is the fault `path resolved`. Without an image the fault is `annotation without image` or, for a path
        of another place, `path refused`.
        """
        name = safe_relative(text)
        if name is not None:
            image = self.find(name, near, part) or self.listed(name, part)
            return image, "" if image is not None else "annotation without image"
        plain = unquote(re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*|^[A-Za-z]:", "", text.strip()))
        words = [word for word in re.split(r"[\\/]", plain.split("?d=")[-1]) if word not in ("", ".", "..")]
        end = safe_relative("/".join(words))
        image = self.find(end, near, part) if end else None
        return image, "path resolved" if image is not None else "path refused"

    def of_stem(self, stem: str, near: Path | None = None, part: str = "") -> Path | None:
        """The image with this stem: the one in the nearby folder, otherwise the only one (of the part)."""
        files = self.by_stem.get(stem, [])
        return next((file for file in files if file.parent == near), None) or self._only(files, part)

    def listed(self, line: str, part: str = "") -> Path | None:
        """The image that a line of a list names, with or without its extension."""
        name = safe_relative(line)
        if name is None:
            return None
        path = PurePosixPath(name)
        is_file_name = path.suffix.lower() in IMAGE_ENDINGS
        image = self.find(name, part=part) if is_file_name else None
        if image is not None or (is_file_name and path.name.casefold() in self.by_base):
            return image
        # A list may name images by their stem, and images may have been converted to another format.
        stems = self.by_stem.get(path.name) or (self.by_stem.get(path.stem, []) if is_file_name else [])
        return self._only(self._in_its_part(stems, name), part)

    def beside(self, used: Iterable[Path]) -> int:
        """The number of unused images in the folders of the used ones."""
        taken = set(used)
        folders = {file.parent for file in taken}
        return sum(file.parent in folders and file not in taken for file in self.files)

    @staticmethod
    def _in_its_part(files: list[Path], name: str) -> list[Path]:
        """The files without those of another part than the folder in a name says."""
        part = part_in_name(PurePosixPath(name).parent.name)
        parts = [part_in_name(file.parent.name) for file in files]
        return [file for file, own in zip(files, parts, strict=True) if not part or own in ("", part)]

    @staticmethod
    def _only(files: list[Path], part: str) -> Path | None:
        if len(files) > 1 and part:
            files = [file for file in files if any(part_in_name(word) == part for word in file.parts[-3:-1])]
        return files[0] if len(files) == 1 else None


def flat_names(boxset: BoxSet) -> list[str]:
    """A file name for each image, unique regardless of extension and case; its own name wherever possible."""
    stems = [_plain(Path(image.name).stem) for image in boxset.images]
    counts: dict[str, int] = {}
    for stem in stems:
        counts[stem.casefold()] = counts.get(stem.casefold(), 0) + 1
    taken = {stem for stem, count in counts.items() if count == 1}
    names = []
    for image, original in zip(boxset.images, stems, strict=True):
        stem = original
        if counts[original.casefold()] > 1:
            long = _plain(str(PurePosixPath(image.name).with_suffix("")).replace("/", "_"))
            candidates = [long, *(f"{long}-{number}" for number in range(2, len(stems) + 3))]
            stem = next(candidate for candidate in candidates if candidate.casefold() not in taken)
            taken.add(stem.casefold())
        names.append(stem + Path(image.name).suffix)
    return names


def _plain(text: str) -> str:
    """A name that is valid in a line of a list and as a file name on any system, and is not hidden."""
    plain = "".join(
        character if character.isprintable() and character not in "/\\:" else "_" for character in text
    )
    return plain.strip().lstrip(".") or "_"


def place_images(boxset: BoxSet, folders: Sequence[Path]) -> list[str]:
    """Copies each image into its folder; returns the new names.

    A copy shares its blocks with the original where the file system can do that; a change of one of the two
    files is never one of the other.
    """
    names = flat_names(boxset)
    for folder in dict.fromkeys(folders):
        folder.mkdir(parents=True, exist_ok=True)
    for image, folder, name in zip(boxset.images, folders, names, strict=True):
        copy_file(Path(image.file), folder / name)
    return names


def copy_file(source: Path, target: Path) -> None:
    """Copies the content of a file to a new file; the kernel copies, or shares blocks, if it can.

    Raises:
        DataError: the source is a named pipe, a socket or a device, which may have no end.
        OSError: the target exists, or cannot be written.
    """
    check_regular(source)
    with open(source, "rb") as reader, open(target, "xb") as writer:
        with contextlib.suppress(AttributeError, OSError):  # not on this system or between these disks
            while os.copy_file_range(reader.fileno(), writer.fileno(), COPY_BYTES):
                pass
        done = writer.seek(0, os.SEEK_END)
        reader.seek(done)
        shutil.copyfileobj(reader, writer)  # the rest, usually nothing
