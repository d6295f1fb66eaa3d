"""Where the mask of an image is: folders of images and of masks, and the names of both."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hibiscus.data.dataset import Skipped
from hibiscus.data.files import (
    IMAGE_ENDINGS,
    MASK_FOLDERS,
    children,
    find_images,
    folder_part,
    folders_in,
    read_text,
    walk_files,
)
from hibiscus.plurals import plural

__all__ = ["MaskMatches", "find_mask_pairs", "images_without_masks", "mask_like", "match_masks"]

IMAGE_FOLDERS = (
    *("images", "image", "imgs", "img", "jpegimages", "photos", "pictures", "leftimg8bit"),
    *("image_2", "rgb", "inputs", "originals", "raw_images"),
)
BESIDE = ("annot", "_annot", "_annotations", "_masks", "_mask", "masks", "_labels", "labels", "_gt", "_seg")
# Of the stem of a mask, beside that of its image; the first one counts.
SUFFIXES = (
    *("", "_mask", "_L", "_label", "_P", "_labels", "_seg", "_segmentation", "_gt", "_groundtruth"),
    *("_masks", "-mask", ".mask", " mask", "_anno", "_annotation", "_lab", "_manual1", "_Segmentation"),
    *("_gtFine_labelTrainIds", "_gtFine_labelIds", "_gtCoarse_labelIds", "_target", "_matte"),
)
SAME_FOLDER = ("_mask", "_masks", "_seg", "_segmentation", "_gt", "_label", "-mask", ".mask")
IMAGE_SUFFIX = re.compile(r"_(leftImg8bit|sat|image|img|rgb|photo|training|test)$")
MAX_LIST_BYTES = 2**26
MAX_NAMED = 3


@dataclass
class MaskMatches:
    """Images with their masks.

    Args:
        images: the images that have a mask.
        masks: the mask of each.
        parts: the part of each, or `""`.
        skipped: the images without a mask.
        total: the number of all images.
        notes: what the user should know.
    """

    images: list[Path] = field(default_factory=list)
    masks: list[Path] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    total: int = 0
    notes: list[str] = field(default_factory=list)


def find_mask_pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Each folder of images with the corresponding folder of masks; empty if there is none.

    Recognized are `images/` and `masks/`, in the folder or in its parts, `train/` with `trainannot/` or
    `train_masks/`, and one folder with `a.jpg` and `a_mask.png`, which is then both.
    """
    inside = {child.name.lower(): child for child in folders_in(folder)}
    images = [inside[name] for name in IMAGE_FOLDERS if name in inside]
    masks = [inside[name] for name in MASK_FOLDERS if name in inside and _holds_images(inside[name])]
    if images and masks:
        return [(images[0], masks[0])]
    beside = [
        (child, inside[name + ending])
        for name, child in inside.items()
        for ending in BESIDE
        if (folder_part(name) or name in IMAGE_FOLDERS or ending == "annot")
        and name + ending in inside
        and _holds_images(inside[name + ending])
    ]
    if beside:
        return beside
    inner = [pair for name, child in inside.items() if folder_part(name) for pair in find_mask_pairs(child)]
    if inner:
        return inner
    if _holds_both(folder):
        return [(folder, folder)]
    return find_mask_pairs(next(iter(inside.values()))) if len(inside) == 1 else []


def images_without_masks(folder: Path, files: list[Path]) -> list[Path]:
    """The files of a folder that are no masks."""
    pairs = find_mask_pairs(folder)
    masks = {mask for images, mask in pairs if images != mask}
    both = {place for images, place in pairs if images == place}
    stems = {place: {file.stem for file in children(place, tuple(IMAGE_ENDINGS))} for place in both}
    return [
        file
        for file in files
        if not masks.intersection(file.parents)
        and not (file.parent in both and _image_of(file.stem, stems[file.parent]))
    ]


def mask_like(files: list[Path]) -> list[Path]:
    """The files that are named like masks of others in their folder: `a_mask.png` beside `a.png`."""
    named_like = [file for file in files if file.stem.endswith(SAME_FOLDER)]
    stems: dict[Path, set[str]] = {file.parent: set() for file in named_like}
    for file in files if stems else ():
        stems.get(file.parent, set()).add(file.stem)
    return [file for file in named_like if _image_of(file.stem, stems[file.parent])]


def _holds_images(folder: Path) -> bool:
    return any(file.suffix.lower() in IMAGE_ENDINGS for file in walk_files(folder))


def _holds_both(folder: Path) -> bool:
    """Whether nearly all images in a folder are either masks by their names, or have one."""
    stems = {file.stem for file in children(folder, tuple(IMAGE_ENDINGS))}
    masks = {stem for stem in stems if _image_of(stem, stems)}
    masked = {_image_of(stem, stems) for stem in masks}
    return bool(masks) and len(masked) >= 0.9 * (len(stems) - len(masks))


def _image_of(stem: str, stems: set[str]) -> str | None:
    """The image that a mask in the same folder belongs to, by its name."""
    for ending in SAME_FOLDER:
        base = stem.removesuffix(ending)
        if base != stem:
            return next((name for name in (base, f"{base}_sat", f"{base}_image") if name in stems), None)
    return None


def match_masks(folder: Path, pairs: list[tuple[Path, Path]]) -> MaskMatches:
    """Matches images and masks of the same path inside their folders, up to usual suffixes.

    The folders of parts count by their meaning: `images/training/a.jpg` has the mask `masks/train/a.png`, or
    `masks/a.png`.
    """
    matches = MaskMatches()
    for images, masks in pairs:
        _match_pair(folder, images, masks, matches)
    if any(matches.parts):  # images that no list names belong to training
        matches.parts = [part or "train" for part in matches.parts]
    return matches


def _match_pair(folder: Path, images: Path, masks: Path, matches: MaskMatches) -> None:
    files, mask_files = find_images(images)[0], find_images(masks)[0]
    if images == masks:
        stems = {file.stem for file in files}
        mask_files = [file for file in files if _image_of(file.stem, stems)]
        files = [file for file in files if not _image_of(file.stem, stems)]
    known: dict[tuple[tuple[str, ...], str], list[Path]] = defaultdict(list)
    for mask in mask_files:
        for directory in _directories(mask, masks):
            known[directory, mask.stem].append(mask)
    above = next((part for name in images.relative_to(folder).parts if (part := folder_part(name))), "")
    listed, only_listed = _listed_parts(images.parent)
    used: set[Path] = set()
    unlisted = 0
    for file in files:
        stem = file.relative_to(images).with_suffix("").as_posix()
        mask, reason = _find(file, images, known)
        part = above or _inner_part(file, images) or listed.get(stem, listed.get(file.stem, ""))
        if mask is not None:
            used.add(mask)
            matches.images.append(file)
            matches.masks.append(mask)
            matches.parts.append(part)
        elif only_listed and file.stem not in listed:
            unlisted += 1
        else:
            matches.skipped.append(Skipped(str(file), f"{file}: {reason} in {masks}"))
    matches.total += len(files) - unlisted
    if unlisted:
        matches.notes.append(
            plural(
                unlisted,
                "image that is in no list and has no mask was left out",
                "images that are in no list and have no mask were left out",
            )
        )
    matches.notes += _orphans(mask_files, used, {IMAGE_SUFFIX.sub("", file.stem) for file in files})


def _find(
    file: Path, images: Path, known: dict[tuple[tuple[str, ...], str], list[Path]]
) -> tuple[Path | None, str]:
    """The mask of an image; or why there is none."""
    stems = dict.fromkeys((file.stem, IMAGE_SUFFIX.sub("", file.stem)))
    for directory in _directories(file, images):
        for stem in stems:
            for name in (*(stem + suffix for suffix in SUFFIXES), f"mask_{stem}", f"label_{stem}"):
                found = known.get((directory, name), [])
                distinct = sorted(set(found), key=lambda path: (path.suffix.lower() != ".png", path))
                if len({path.parent for path in distinct}) > 1:
                    return None, f"several masks with this name ({distinct[0].parent.name} ...)"
                if distinct:
                    return distinct[0], ""
    return None, "no mask with this name"


def _directories(file: Path, root: Path) -> list[tuple[str, ...]]:
    """The folders of a file inside `root`: with parts by their meaning, and without parts."""
    names = file.parent.relative_to(root).parts
    by_meaning = tuple(folder_part(name) or name for name in names)
    without = tuple(name for name in names if not folder_part(name))
    return list(dict.fromkeys((by_meaning, without)))


def _inner_part(file: Path, images: Path) -> str:
    names = file.parent.relative_to(images).parts
    return next((part for name in names if (part := folder_part(name))), "")


def _orphans(masks: list[Path], used: set[Path], stems: set[str]) -> list[str]:
    """A note on masks without an image; further masks of an image, such as colored ones, do not count."""
    orphans = [
        mask for mask in masks if mask not in used and not any(s in stems for s in _beginnings(mask.stem))
    ]
    if not orphans:
        return []
    names = ", ".join(mask.name for mask in orphans[:MAX_NAMED]) + (
        " ..." if len(orphans) > MAX_NAMED else ""
    )
    left_out = plural(
        len(orphans),
        "mask has no image of the same name and was",
        "masks have no image of the same name and were",
    )
    return [f"{left_out} left out: {names}"]


def _beginnings(stem: str) -> list[str]:
    """The stem up to each separator."""
    return [stem, *(stem[: match.start()] for match in re.finditer(r"[_\-. ]", stem))]


def _listed_parts(folder: Path) -> tuple[dict[str, str], bool]:
    """The part of each image by its stem in `train.txt`, `val.txt`, `test.txt`; and whether others may lack a
    mask, as in Pascal VOC, where only the images in `ImageSets/Segmentation` have one.
    """
    part_of: dict[str, str] = {}
    segmentation = folder / "ImageSets" / "Segmentation"
    for place in (folder, segmentation):
        for part in ("train", "val", "test"):
            file = place / f"{part}.txt"
            if file.is_file() and file.stat().st_size <= MAX_LIST_BYTES:
                for line in read_text(file, MAX_LIST_BYTES).split():
                    part_of[PurePosixPath(line).stem] = part
    return part_of, segmentation.is_dir()
