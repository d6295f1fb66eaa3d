"""Images for a trained run: files, videos, arrays and PIL images, in the size and colors of training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hibiscus.data.arrays.array_items import CHANNELS, read_items
from hibiscus.data.dataset import Dataset, Skipped
from hibiscus.data.files import find_images
from hibiscus.data.images.codecs import COMMON_ENDINGS
from hibiscus.data.images.decode import decode_image
from hibiscus.data.images.folder import open_image_files
from hibiscus.data.images.headers import scan_headers
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.images.video import VIDEO_ENDINGS, read_frames
from hibiscus.data.keys import content_keys
from hibiscus.data.masks.pairs import images_without_masks
from hibiscus.errors import DataError

__all__ = ["images_from_arrays", "images_from_files", "images_from_paths", "images_from_pil"]


def images_from_paths(paths: Sequence[Path], prepared: ImagePreparation) -> Dataset:
    """Image files, videos, and folders of images, whose masks are left out.

    Raises:
        DataError: nothing there, or no readable image.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            expected = "an image, a video, or a folder of images"
            raise DataError(f"{path}: no such file or folder", expected, "check the path")
        images = find_images(path)[0] if path.is_dir() else [path]
        files += images_without_masks(path, images) if path.is_dir() else images  # masks are targets
    if not files:
        expected = f"files ending in {COMMON_ENDINGS} ..."
        raise DataError(f"{paths[0]}: no images", expected, "check the path; pass videos by their file names")
    videos = [file for file in files if file.suffix.lower() in VIDEO_ENDINGS]
    if not videos:
        return images_from_files(files, prepared)
    opened = [_open_video(file, prepared) for file in videos]
    if len(videos) < len(files):
        opened.insert(0, images_from_files([file for file in files if file not in videos], prepared))
    fields = {name: np.concatenate([part.fields[name] for part in opened]) for name in opened[0].fields}
    ids = [item for part in opened for item in part.ids]
    keys = np.concatenate([part.keys for part in opened])
    skipped = [bad for part in opened for bad in part.skipped]
    return Dataset("images", "images", fields, ids, keys, skipped=skipped)


def images_from_files(files: Sequence[Path], prepared: ImagePreparation) -> Dataset:
    """Image files.

    Raises:
        DataError: none of them can be read.
    """
    size = (prepared.height, prepared.width)
    pixels, keys, good, skipped = open_image_files(
        files, size, prepared.channels, resize=prepared.resize, white_level=prepared.white_level
    )
    if not len(good):
        raise DataError(skipped[0].reason, "at least one readable image", "check the files")
    sizes = []
    if prepared.resize == "squash":
        headers = scan_headers([files[i] for i in good])
        sizes = [(header.height, header.width) if header else pixels.shape[1:3] for header in headers]
    ids = [str(files[i]) for i in good]
    return Dataset("images", "images", _with_sizes(pixels, sizes), ids, keys, skipped=skipped)


def _open_video(file: Path, prepared: ImagePreparation) -> Dataset:
    """The frames of a video, named by the file and their number."""
    faults: list[str] = []
    shape = (prepared.height, prepared.width, prepared.channels)
    pixels, size = read_frames(file, shape, prepared.resize, faults)
    sizes = [size] * len(pixels) if prepared.resize == "squash" else []
    ids = [f"{file.with_suffix('')}-{number:06}" for number in range(len(pixels))]
    skipped = [Skipped(str(file), fault) for fault in faults]
    fields = _with_sizes(pixels, sizes)
    return Dataset("frames", "frames", fields, ids, content_keys(pixels), skipped=skipped)


def _with_sizes(pixels: np.ndarray, sizes: Sequence[Any]) -> dict[str, Any]:
    """The fields of images; resized ones need `sizes`, as predictions are in pixels of the files."""
    return {"image": pixels, "size": np.array(sizes, np.int64)} if sizes else {"image": pixels}


def images_from_pil(images: Sequence[Image.Image], prepared: ImagePreparation) -> Dataset:
    """PIL images, turned upright and resized as files are."""
    size, mode = (prepared.height, prepared.width), "gray" if prepared.channels == 1 else "rgb"
    decoded = [decode_image(image, size, mode, prepared.resize, prepared.white_level) for image in images]
    pixels = np.stack(decoded).reshape(len(decoded), *size, prepared.channels)
    sizes = [decode_image(image).shape[:2] for image in images] if prepared.resize == "squash" else []
    ids = [str(getattr(image, "filename", "") or index) for index, image in enumerate(images)]
    return Dataset("images", "images", _with_sizes(pixels, sizes), ids, content_keys(pixels))


def images_from_arrays(values: np.ndarray, path: str, prepared: ImagePreparation) -> Dataset:
    """One image or several as an array, resized as files are.

    Args:
        values: `(height, width)`, `(height, width, channels)`, `(items, height, width)` or `(items, height,
            width, channels)`, also with the channels first; 0 to 255 or in [0, 1].
        path: for messages.
        prepared: what the run learned.

    Raises:
        DataError: an array that cannot be read as images.
    """
    shape = (prepared.height, prepared.width, prepared.channels)
    stack = _as_stack(values, shape, path)
    _, (images,), _, notes = read_items([stack], path, prepared.white_level)
    if images.shape[1:] == shape:
        ids = [str(index) for index in range(len(images))]
        return Dataset(path, path, {"image": images}, ids, content_keys(images), notes=notes)
    plain = [Image.fromarray(image[..., 0] if image.shape[2] == 1 else image) for image in images]
    dataset = images_from_pil(plain, prepared)
    dataset.name = dataset.path = path
    height, width = images.shape[1:3]
    if (height, width) != shape[:2]:
        notes.append(f"the arrays of {height}x{width} pixels are resized to {shape[0]}x{shape[1]}")
    dataset.notes = notes
    return dataset


def _as_stack(values: np.ndarray, shape: tuple[int, int, int], path: str) -> np.ndarray:
    """An array as `(items, height, width, channels)`; the shape of training decides if there are two ways."""
    expected = f"an image or several, (items, {', '.join(map(str, shape))})"
    if values.dtype.kind not in "uifb" or values.ndim not in (2, 3, 4) or not values.size:
        raise DataError(f"{path}: {values.dtype} {values.shape}", expected, "pass one array of images")
    if values.ndim == 4:
        return values
    if values.ndim == 2:
        _check_gray(values, shape, path)
        return values[None, :, :, None]
    if values.shape == shape:
        return values[None]
    if values.shape[1:] == shape[:2] and shape[2] == 1:
        return values[..., None]
    if values.shape[2] in CHANNELS:
        return values[None]
    if values.shape[0] in (3, 4) and shape[2] == 3:
        return values[None]  # a color image with the channels first
    _check_gray(values, shape, path)
    return values[..., None]


def _check_gray(values: np.ndarray, shape: tuple[int, int, int], path: str) -> None:
    """Refuses what is hardly a grayscale image, or several: rows of pixels, series or vectors.

    As in training, numbers without an axis of channels are images if they are `uint8`; or if they have the
    size of the images of training.
    """
    if values.shape[-2:] == shape[:2]:
        return
    is_row = values.ndim == 2 and values.shape[1] == math.prod(shape)
    if values.dtype == np.uint8 and not is_row:
        return
    height, width, channels = shape
    fix = f"reshape the rows: x.reshape(-1, {height}, {width}, {channels})"
    raise DataError(
        f"{path}: {values.dtype} {values.shape}, rows of numbers, not images",
        f"images (items, height, width, channels); the run learned {height}x{width}x{channels}",
        fix if is_row else "add the axis of channels, x[..., None], if these are grayscale images",
    )
