"""The layout of a folder of images: the part and the class of each image, by the folders that it lies in."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hibiscus.data.files import find_parts, folder_part, folders_in, is_hidden, is_image_name, walk_files
from hibiscus.data.masks.pairs import mask_like
from hibiscus.plurals import plural

__all__ = ["ImageLayout", "read_layout"]

MAX_NAMED = 5  # of folders or endings in one note


@dataclass
class ImageLayout:
    """The images of a folder.

    Args:
        files: the images.
        parts: the part of each, or `""`.
        labels: the class of each, or `""`.
        others: the other files.
        notes: what the user should know.
    """

    files: list[Path] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def other_endings(self) -> str:
        """The endings of the other files with their counts, most frequent first."""
        counts = Counter(file.suffix.lower() or "no ending" for file in self.others)
        return ", ".join(f"{count:,} {ending}" for ending, count in counts.most_common(MAX_NAMED))


def read_layout(folder: Path) -> ImageLayout:
    """Finds the images of a folder with their parts and classes.

    Known are `class/image`, `part/class/image`, `class/part/image`, each also inside further folders if all
    images are as deep, and images without class folders.
    """
    layout, roots = ImageLayout(), find_parts(folder)
    if roots:
        siblings = [child for child in next(iter(roots)).parent.iterdir() if child not in roots]
        unused = sorted(child.name for child in siblings if not is_hidden(child.name))
        if unused:
            layout.notes.append(f"not in a part and therefore ignored: {_listed(unused)}")
    parents: list[tuple[str, ...]] = []
    for root, part in (roots or {folder: ""}).items():
        files = list(walk_files(root))
        images = [file for file in files if is_image_name(file)]
        if len(images) < len(files):
            layout.others += [file for file in files if not is_image_name(file)]
        layout.files += images
        layout.parts += [part] * len(images)
        inside = {place: Path(place).relative_to(root).parts for place in _folders(images)}
        parents += [inside[os.path.dirname(file)] for file in images]
    if not roots:
        _parts_inside_classes(layout, parents)
    layout.labels = _labels(parents)
    _leave_out_unlabeled(layout)
    masks = mask_like(layout.files)
    if masks:
        layout.notes.append(
            f"{plural(len(masks), 'image is named like a mask', 'images are named like masks')} of others "
            f"({masks[0].name}) and read as {'an image' if len(masks) == 1 else 'images'}; for "
            "segmentation, put images and masks of all classes into one folder, or into images/ and masks/"
        )
    layout.notes += _empty_classes(layout, list(roots) or [folder])
    if not any(layout.parts) and layout.labels and all(map(folder_part, set(layout.labels))):
        listed = " and ".join(sorted(set(layout.labels)))
        layout.notes.append(f"there is no train folder, so {listed} are read as classes, not as parts")
    return layout


def _folders(files: Sequence[Path]) -> set[str]:
    """The folders that the files lie in; few in number, so that they can be looked at one by one."""
    return set(map(os.path.dirname, files))


def _labels(parents: Sequence[tuple[str, ...]]) -> list[str]:
    """The class of each image: its folder inside the part; nested folders only if all are nested."""
    deep = all(len(names) > 1 for names in parents)
    return ["/".join(names) if deep else (names[0] if names else "") for names in parents]


def _parts_inside_classes(layout: ImageLayout, parents: list[tuple[str, ...]]) -> None:
    """Reads `cat/train/1.png` and `cat/test/2.png` as parts, if each image lies in a part at this depth."""
    for depth in range(min((len(names) for names in parents), default=0)):
        found = [folder_part(names[depth]) for names in parents]
        if "train" in found and all(found):
            layout.parts = found
            parents[:] = [names[:depth] + names[depth + 1 :] for names in parents]
            layout.notes.append("the parts are read from the folders inside the class folders")
            _strip_common(parents)
            return


def _strip_common(parents: list[tuple[str, ...]]) -> None:
    """Leaves out the folders around all images, such as that of an archive."""
    while len({names[0] if names else "" for names in parents}) == 1 and parents[0]:
        if all(len(names) == 1 for names in parents):
            break
        parents[:] = [names[1:] for names in parents]


def _leave_out_unlabeled(layout: ImageLayout) -> None:
    """Leaves out the images beside class folders."""
    inside = [index for index, label in enumerate(layout.labels) if label]
    if not inside or len(inside) == len(layout.labels):
        return
    count = len(layout.labels) - len(inside)
    outside = plural(count, "image outside of class folders was", "images outside of class folders were")
    layout.notes.append(f"{outside} left out")
    for name in ("files", "parts", "labels"):
        values = getattr(layout, name)
        setattr(layout, name, [values[index] for index in inside])


def _empty_classes(layout: ImageLayout, roots: Sequence[Path]) -> list[str]:
    """A note on class folders without a single image, which would vanish otherwise."""
    if not any(layout.labels):
        return []
    filled = {parent for place in _folders(layout.files) for parent in (Path(place), *Path(place).parents)}
    empty = {child for root in roots for child in folders_in(root) if child not in filled}
    notes = []
    for child in sorted(empty)[:MAX_NAMED]:
        endings = Counter(file.suffix.lower() or "no ending" for file in walk_files(child)).most_common(3)
        content = ", ".join(f"{count:,} {ending}" for ending, count in endings) or "nothing"
        notes.append(f"the folder {child.name} holds no images and gives no class (it holds {content})")
    if len(empty) > MAX_NAMED:
        notes.append(
            f"{plural(len(empty) - MAX_NAMED, 'further folder holds', 'further folders hold')} no images"
        )
    return notes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_NAMED]) + (" ..." if len(names) > MAX_NAMED else "")
