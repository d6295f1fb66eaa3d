"""Images with masks: where a mask lies, what its values stand for, and both brought to one size.

A mask is an image that says of each pixel which class it is of: by number (8-bit, one channel), by black and white (0 and 255),
or by colour. In the Dataset all three are class numbers, uint8 `(items, height, width)`, with `IGNORED` where nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from hibiscus.data.dataset import Dataset, Skipped
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.folder import IMAGE_ENDINGS, PART_NAMES, find_images, is_hidden, look_at_headers, too_many_bad, walk_files
from hibiscus.data.images.jpeg import jpeg_bytes
from hibiscus.data.masks.class_list import MOST_CLASSES, ClassList, numbered, read_class_list
from hibiscus.data.masks.preparation import IGNORED
from hibiscus.errors import DataError

__all__ = ["LARGEST_DEFAULT_SIDE", "MASK_FOLDERS", "find_mask_pairs", "mask_shape", "open_mask_folder"]

LARGEST_DEFAULT_SIDE = 320  # of images that are answered pixel by pixel, unless image_size says otherwise
MOST_LIST_BYTES = 2**20
IMAGE_FOLDERS = ("images", "image", "imgs", "img", "jpegimages", "photos", "images")
MASK_FOLDERS = ("masks", "mask", "labels", "label", "annotations", "annot", "segmentation", "segmentationclass", "gt", "labelids")
Progress = Callable[[int, int], None]


def find_mask_pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Each folder of images with the folder of masks beside it; empty where there is none.

    Known are `images/` and `masks/`, in the folder or in its parts, and `train/` beside `trainannot/`.
    """
    children = {child.name.lower(): child for child in sorted(folder.iterdir()) if child.is_dir() and not is_hidden(child.name)}
    images = [children[name] for name in IMAGE_FOLDERS if name in children]
    masks = [children[name] for name in MASK_FOLDERS if name in children and _holds_images(children[name])]
    if images and masks:
        return [(images[0], masks[0])]
    beside = [(child, children[name + "annot"]) for name, child in children.items() if name + "annot" in children]
    if beside:
        return beside
    inner = [pair for name, child in children.items() if name in PART_NAMES for pair in find_mask_pairs(child)]
    return inner if inner else find_mask_pairs(next(iter(children.values()))) if len(children) == 1 else []


def _holds_images(folder: Path) -> bool:
    return any(file.suffix.lower() in IMAGE_ENDINGS for file in walk_files(folder))


def open_mask_folder(
    folder: Path,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    max_bad_fraction: float = 0.05,
    progress: Progress | None = None,
) -> Dataset:
    """Opens images and their masks; see `find_mask_pairs` for the shapes that the folder may have.

    An image and its mask have the same path within their folders, but for the ending. Images are brought to one size whole,
    their sides scaled each by itself, and masks with them by the nearest pixel.

    Raises:
        DataError: too many images without masks, masks of another size, or masks with values that no class has.
    """
    pairs = find_mask_pairs(folder)
    matched, skipped, total = _match(folder, pairs)
    height, width, depth = mask_shape([image for image, _, _ in matched], image_size, channels)
    pixels, keys, good, bad = decode_images([image for image, _, _ in matched], (height, width, depth), progress, "squash")
    skipped += bad
    matched = [matched[i] for i in good]
    above = [folder.parent] if folder.resolve().name.lower() in PART_NAMES else []
    places = dict.fromkeys((folder, *(images.parent for images, _ in pairs), *above))
    classes = read_class_list(places) or _classes_of_values([mask for _, mask, _ in matched])
    masks, sound = _read_masks([(image, mask) for image, mask, _ in matched], classes, (height, width), skipped)
    too_many_bad(str(folder), skipped, total, max_bad_fraction)
    names = np.array([part for _, _, part in matched])[sound]
    ignored = float((masks == IGNORED).mean()) if masks.size else 0.0
    notes = [f"images brought to {height}x{width}, {'grey' if depth == 1 else 'RGB'}; classes: {', '.join(classes.names)}"]
    notes += [f"{ignored:.1%} of the pixels are of no class and are left out of training and of every figure"] if ignored else []
    return Dataset(
        name=folder.resolve().name,
        path=str(folder),
        fields={"image": pixels[sound] if len(sound) < len(pixels) else pixels, "mask": masks},
        ids=[matched[i][0].relative_to(folder).as_posix() for i in sound],
        keys=keys[sound],
        parts={part: np.flatnonzero(names == part) for part in ("train", "val", "test") if part in names},
        notes=notes,
        skipped=skipped,
        names={"mask": classes.names},
        about={"mask": _shares(masks, classes)},
    )


def _shares(masks: np.ndarray, classes: ClassList) -> dict[str, float]:
    """The share of the pixels that each class has, and what is of none."""
    counts = np.bincount(masks.ravel(), minlength=256) if masks.size else np.ones(256)
    shares = dict(zip(classes.names, (counts[: len(classes.names)] / counts.sum()).tolist(), strict=True))
    return {**shares, "(no class)": float(counts[IGNORED] / counts.sum())}


def _match(folder: Path, pairs: list[tuple[Path, Path]]) -> tuple[list[tuple[Path, Path, str]], list[Skipped], int]:
    """Each image with its mask and part, what was left out, and how many images there are."""
    matched: list[tuple[Path, Path, str]] = []
    skipped: list[Skipped] = []
    total = 0
    for images, masks in pairs:
        known = {mask.relative_to(masks).with_suffix("").as_posix(): mask for mask in find_images(masks)[0]}
        part = _part_of(images.relative_to(folder).parts)
        listed = _listed_parts(images.parent)
        files = find_images(images)[0]
        total += len(files)
        for file in files:
            stem = file.relative_to(images).with_suffix("").as_posix()
            mask = next((known[name] for name in (stem, f"{stem}_mask", f"{stem}_L", f"{stem}_label", f"{stem}_P") if name in known), None)
            if mask is None:
                skipped.append(Skipped(str(file), f"{file}: no mask of this name in {masks}"))
            else:
                matched.append((file, mask, part or listed.get(stem, "")))
    if not matched:
        raise DataError(f"{folder}: no image has a mask of the same name", "images/cat.jpg with masks/cat.png", "rename the masks")
    if any(part for _, _, part in matched):  # what no list names belongs to training
        matched = [(file, mask, part or "train") for file, mask, part in matched]
    return matched, skipped, total


def _part_of(parts: tuple[str, ...]) -> str:
    return next((PART_NAMES[name.lower()] for name in parts if name.lower() in PART_NAMES), "")


def _listed_parts(folder: Path) -> dict[str, str]:
    """The part of each image by its stem, where `train.txt`, `val.txt` or `test.txt` list them."""
    found = {}
    for name in ("train", "val", "test"):
        listed = folder / f"{name}.txt"
        if listed.is_file() and listed.stat().st_size <= MOST_LIST_BYTES * 64:
            for line in listed.read_text(encoding="utf-8", errors="replace").split():
                found[Path(line).stem] = name
    return found


def mask_shape(files: Sequence[Path], image_size: int | Sequence[int] | None, channels: int | None) -> tuple[int, int, int]:
    """Height, width and channels for images that are answered place by place: their own size, its longer side at most 320."""
    sizes, gray = look_at_headers(files)
    depth = channels or (1 if gray else 3)
    if image_size is not None:
        height, width = (image_size, image_size) if isinstance(image_size, int) else (int(image_size[0]), int(image_size[1]))
        return height, width, depth
    if not sizes:
        return LARGEST_DEFAULT_SIDE, LARGEST_DEFAULT_SIDE, depth
    height, width = (float(side) for side in np.median(np.array(sizes), axis=0))
    scale = min(1.0, LARGEST_DEFAULT_SIDE / max(height, width))
    return max(8, round(height * scale)), max(8, round(width * scale)), depth


def _classes_of_values(files: Sequence[Path]) -> ClassList:
    """The classes that masks without a list hold: black and white, numbers from 0, or a few colours."""
    values: set[tuple[int, ...]] = set()
    for file in files:  # all of them: a rare class may stand in one alone
        try:
            found = _open_mask(file)
        except DataError:
            continue
        flat = found.reshape(-1, *found.shape[2:])
        values |= set(map(tuple, np.unique(flat, axis=0).reshape(-1, flat.shape[1] if flat.ndim == 2 else 1).tolist()))
        if len(values) > MOST_CLASSES + 1:
            raise DataError(f"{file}: masks hold more than {MOST_CLASSES} different values", "a few classes", "a class list, classes.txt")
    if any(len(value) == 3 for value in values):
        return numbered({value: "#{:02x}{:02x}{:02x}".format(*value) for value in sorted(values) if len(value) == 3})
    gray = sorted(value[0] for value in values)
    if set(gray) <= {0, 255}:
        return ClassList(("black", "white"), {0: 0, 255: 1}, {})
    top = max((value for value in gray if value != IGNORED), default=0)
    return ClassList(tuple(f"class {value}" for value in range(top + 1)), {**{v: v for v in range(top + 1)}, IGNORED: IGNORED}, {})


def _open_mask(file: Path, colored: bool = False) -> np.ndarray:
    """The raw values of a mask, uint8 `(height, width)` of numbers or `(height, width, 3)` of colours.

    A palette's numbers are kept, unless `coloured` asks for what they look like.

    Raises:
        DataError: it cannot be read, is of a lossy kind, or has 16 bits.
    """
    try:
        with Image.open(file, formats=["PNG", "BMP", "TIFF", "GIF", "PPM", "WEBP"]) as image:
            if image.width * image.height > 2**26:
                raise DataError(f"{file}: {image.width} x {image.height} pixels", f"at most {2**26:,} pixels", "make it smaller")
            looked_at = image.mode in ("RGB", "RGBA") or (colored and image.mode == "P")
            plain = image.convert("RGB") if looked_at else image if image.mode == "P" else image.convert("L")
            if image.mode.startswith(("I", "F")):
                raise DataError(f"{file}: a mask of kind {image.mode}", "8 bits a pixel, or colours", "save it as an 8-bit PNG")
            return np.array(plain)
    except DataError:
        raise
    except Exception as error:  # decoders meet hostile bytes with every kind of error
        lossy = file.is_file() and jpeg_bytes(file) is not None
        what = "a JPEG, which blurs class numbers" if lossy else f"not a mask ({error or type(error).__name__})"
        raise DataError(f"{file}: {what}", "a PNG, BMP, TIFF or GIF", "save the masks as PNG, from what they were made of") from None


def _read_masks(
    pairs: Sequence[tuple[Path, Path]], classes: ClassList, size: tuple[int, int], skipped: list[Skipped]
) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers uint8 `(good, height, width)` and the places of the good files; the others are named in `skipped`."""
    masks = np.empty((len(pairs), *size), np.uint8)
    good: list[int] = []
    for place, (image, file) in enumerate(pairs):
        try:
            raw = _open_mask(file, bool(classes.colors))
            _same_size(image, file, raw.shape[:2])
            masks[len(good)] = _nearest(_class_numbers(raw, classes, file), size)
            good.append(place)
        except DataError as error:
            skipped.append(Skipped(str(file), error.received))
    return masks[: len(good)], np.array(good, np.int64)


def _same_size(image: Path, file: Path, found: tuple[int, ...]) -> None:
    """Raises DataError unless a mask is as large as its image."""
    expected = look_at_headers([image])[0]
    if expected and tuple(found) != expected[0]:
        (height, width), (rows, columns) = expected[0], found
        raise DataError(f"{file}: {columns}x{rows} pixels, its image has {width}x{height}", "a mask of its image's size", "draw it anew")


def _class_numbers(raw: np.ndarray, classes: ClassList, file: Path) -> np.ndarray:
    """From grey values or colours to class numbers.

    Raises:
        DataError: a value that no class has; or colours where numbers are expected, and the other way round.
    """
    if raw.ndim == 2 and classes.values:
        table = np.full(256, 254, np.uint8)
        table[list(classes.values)] = list(classes.values.values())
        table[IGNORED] = classes.values.get(IGNORED, IGNORED)  # by custom 255 is of no class, unless the list names it
        numbers = table[raw]
        if (numbers == 254).any():
            unknown = np.unique(raw[numbers == 254])
            known = f"the list names {len(classes.names)} classes: {', '.join(map(str, list(classes.values)[:8]))}"
            raise DataError(f"{file}: values {', '.join(map(str, unknown[:5]))} are of no class ({known})", "its values", "fix the list")
        return numbers
    if raw.ndim == 2:
        raw = np.repeat(raw[..., None], 3, axis=2)
    if not classes.colors:
        if (raw == raw[..., :1]).all():
            return _class_numbers(raw[..., 0], classes, file)
        raise DataError(f"{file}: a mask in colour", "numbers, as in the class list", "a list of colours: 128 64 128 road")
    codes = raw.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    numbers = np.full(codes.shape, 254, np.uint8)
    for (red, green, blue), number in classes.colors.items():
        numbers[codes == red * 65536 + green * 256 + blue] = number
    if (numbers == 254).any():
        unknown = np.unique(codes[numbers == 254])
        raise DataError(f"{file}: colours {', '.join(f'#{c:06x}' for c in unknown[:5])} are of no class", "the list's colours", "mend it")
    return numbers


def _nearest(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The value of the nearest pixel, at another size."""
    if values.shape == size:
        return values
    rows, columns = (((np.arange(to) + 0.5) * own / to).astype(np.int64) for to, own in zip(size, values.shape, strict=True))
    return values[rows[:, None], columns[None]]
