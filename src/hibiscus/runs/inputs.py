"""Converts inputs to the form used in training, and adds labels to predictions."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hibiscus.data.arrays.idx import is_idx, read_idx
from hibiscus.data.arrays.open import open_arrays
from hibiscus.data.builtin.open import BUNDLED
from hibiscus.data.dataset import Dataset, Skipped
from hibiscus.data.files import IMAGE_ENDINGS, find_images
from hibiscus.data.images.folder import open_image_files
from hibiscus.data.images.headers import read_headers
from hibiscus.data.images.video import VIDEO_ENDINGS, read_frames
from hibiscus.data.keys import content_keys
from hibiscus.data.masks.pairs import images_without_masks
from hibiscus.data.open import TABLE_ENDINGS, open_data
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.tables.open import listed_images
from hibiscus.data.unpaired import bring_to_shape
from hibiscus.errors import DataError

__all__ = ["Input", "label_predictions", "open_inputs", "prepare_inputs"]

Input = str | os.PathLike[str] | np.ndarray | Dataset


def open_inputs(inputs: Input | Sequence[Input], preparation: Preparation) -> Dataset:
    """Opens inputs without labels.

    Args:
        inputs: paths of images, videos, folders, tables or arrays; a DataFrame, an array, a Dataset; or a
            list of paths.
        preparation: what the run learned; images are converted to its size and channels.

    Raises:
        DataError: the inputs are not of the type that the run was trained on.
    """
    if isinstance(inputs, Dataset):
        return inputs
    if hasattr(inputs, "columns"):
        ids = [f"row {i + 1}" for i in range(len(inputs))]  # type: ignore[arg-type]
        return _dataset("frame", {"table": inputs}, ids)
    if isinstance(inputs, np.ndarray):
        return _from_array(inputs, "array", preparation)
    paths = [inputs] if isinstance(inputs, str | os.PathLike) else list(inputs)
    if len(paths) == 1 and str(paths[0]) in BUNDLED:
        dataset = open_data(str(paths[0]))
        return (
            _from_array(dataset.fields["image"], dataset.path, preparation)
            if "image" in dataset.fields
            else dataset
        )
    if len(paths) == 1 and str(paths[0]).lower().endswith((*TABLE_ENDINGS, ".txt")):
        return _open_table(Path(str(paths[0])).expanduser(), preparation)
    if "image" in preparation and not any(_holds_arrays(Path(str(path))) for path in paths):
        return _open_images([Path(str(path)).expanduser() for path in paths], preparation)
    if len(paths) != 1:
        raise DataError(f"{len(paths)} inputs", "one table or one file of arrays", "pass them one at a time")
    path = Path(str(paths[0]))
    if is_idx(path):
        return _from_array(read_idx(path), str(path), preparation)
    if path.suffix in (".npz", ".npy"):
        dataset = open_arrays(path)
        return _from_array(
            dataset.fields["image" if "image" in dataset.fields else "array"], str(path), preparation
        )
    return open_data(str(path))


def _holds_arrays(path: Path) -> bool:
    return str(path).lower().endswith((".npz", ".npy")) or is_idx(path)


def prepare_inputs(
    dataset: Dataset, preparation: Preparation, device: torch.device, training: PreparedData | None = None
) -> PreparedData:
    """Opened inputs as the part `inputs`, encoded by the preparation of the run.

    Args:
        dataset: the inputs.
        preparation: what the run learned.
        device: the device of the networks.
        training: the data from which a few-shot method takes its support sets.

    Raises:
        DataError: a field that the run was trained on is missing.
    """
    targets = ("label", "target", "factors", "domain", "mask", "boxes")
    needed = [name for name in preparation.fields if name not in targets]
    if any(name not in dataset.fields for name in needed):
        raise DataError(
            f"{dataset.path}: it holds {', '.join(dataset.describe_fields().values()) or 'nothing'}",
            f"{' and '.join(needed)}, as in training",
            "pass inputs of the type that the run was trained on",
        )
    inputs = Preparation({name: preparation[name] for name in needed})
    if "table" in needed:
        dataset.notes += preparation["table"].unfamiliar(dataset.fields["table"])
    return PreparedData(dataset, inputs, {"inputs": np.arange(len(dataset))}, device, training=training)


def _open_table(file: Path, preparation: Preparation) -> Dataset:
    """Opens a table; if it lists images, the images are the inputs, unless other columns were inputs too."""
    header = preparation["table"].header if "table" in preparation else None
    if "image" not in preparation:
        return open_data(str(file), trained=preparation, header=header)
    prepared = preparation["image"]
    listed = listed_images(file) if file.is_file() and "table" not in preparation else []
    if listed:
        return _open_image_files(listed, preparation)
    return open_data(
        str(file),
        image_size=(prepared.height, prepared.width),
        channels=prepared.channels,
        white_level=prepared.white_level,
        trained=preparation,
        header=header,
    )


def _open_images(paths: list[Path], preparation: Preparation) -> Dataset:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            expected = "an image, a video, or a folder of images"
            raise DataError(f"{path}: no such file or folder", expected, "check the path")
        images = find_images(path)[0] if path.is_dir() else [path]
        files += images_without_masks(path, images) if path.is_dir() else images  # masks are targets
    if not files:
        expected = f"files ending in {', '.join(sorted(IMAGE_ENDINGS))}"
        raise DataError(f"{paths[0]}: no images", expected, "check the path; pass videos by their file names")
    videos = [file for file in files if file.suffix.lower() in VIDEO_ENDINGS]
    if not videos:
        return _open_image_files(files, preparation)
    opened = [_open_video(file, preparation) for file in videos]
    if len(videos) < len(files):
        opened.insert(0, _open_image_files([file for file in files if file not in videos], preparation))
    fields = {name: np.concatenate([part.fields[name] for part in opened]) for name in opened[0].fields}
    ids, skipped = (
        [item for part in opened for item in part.ids],
        [bad for part in opened for bad in part.skipped],
    )
    return _dataset("images", fields, ids, np.concatenate([part.keys for part in opened]), skipped)


def _open_image_files(files: list[Path], preparation: Preparation) -> Dataset:
    prepared = preparation["image"]
    size = (prepared.height, prepared.width)
    pixels, keys, good, skipped = open_image_files(
        files, size, prepared.channels, resize=prepared.resize, white_level=prepared.white_level
    )
    if not len(good):
        raise DataError(skipped[0].reason, "at least one readable image", "check the files")
    sizes = []
    if prepared.resize == "squash":
        sizes = [(read_headers([files[i]])[0] or [pixels.shape[1:3]])[0] for i in good]
    return _dataset("images", _with_sizes(pixels, sizes), [str(files[i]) for i in good], keys, skipped)


def _open_video(file: Path, preparation: Preparation) -> Dataset:
    """The frames of a video, named by the file and their number."""
    prepared = preparation["image"]
    faults: list[str] = []
    shape = (prepared.height, prepared.width, prepared.channels)
    pixels, size = read_frames(file, shape, prepared.resize, faults)
    sizes = [size] * len(pixels) if prepared.resize == "squash" else []
    ids = [f"{file.with_suffix('')}-{number:06}" for number in range(len(pixels))]
    skipped = [Skipped(str(file), fault) for fault in faults]
    return _dataset("frames", _with_sizes(pixels, sizes), ids, content_keys(pixels), skipped)


def _with_sizes(pixels: np.ndarray, sizes: list[Any]) -> dict[str, Any]:
    """The fields of images; resized ones need `sizes`, as predictions are in pixels of the files."""
    return {"image": pixels, "size": np.array(sizes, np.int64)} if sizes else {"image": pixels}


def _from_array(values: np.ndarray, path: str, preparation: Preparation) -> Dataset:
    if "image" in preparation:
        prepared = preparation["image"]
        shape = (prepared.height, prepared.width, prepared.channels)
        if (
            "domain" in preparation and values.dtype == np.uint8 and values.ndim in (3, 4)
        ):  # resized as in training
            values = values[..., None] if values.ndim == 3 else values
            values = bring_to_shape(values, shape) if values.shape[3] in (1, 3) else values
        if values.ndim >= 2 and values.dtype == np.uint8:
            variants = [values, values[None], values[..., None], values[None, ..., None]]
            if prepared.channels == 3:  # grayscale images are converted to RGB, as image files are
                variants += [images.repeat(3, axis=-1) for images in variants if images.shape[-1] == 1]
            for variant in variants:
                if variant.ndim == 4 and variant.shape[1:] == shape:
                    images = np.ascontiguousarray(variant)
                    return _dataset(
                        path, {"image": images}, [str(i) for i in range(len(images))], content_keys(images)
                    )
        expected = f"uint8 (items, {', '.join(map(str, shape))})"
        raise DataError(
            f"{path}: {values.dtype} {values.shape}", expected, "convert them to this dtype and shape"
        )
    rows = values.astype(np.float32)
    rows = rows[None] if "array" in preparation and rows.shape == preparation["array"].shape else rows
    return _dataset(path, {"array": rows}, [str(i) for i in range(len(rows))], content_keys(rows))


def _dataset(
    name: str,
    fields: dict[str, Any],
    ids: list[str],
    keys: np.ndarray | None = None,
    skipped: Sequence[Skipped] = (),
) -> Dataset:
    keys = np.zeros(len(ids), np.uint64) if keys is None else keys
    return Dataset(name, name, fields, ids, keys, skipped=list(skipped))


def label_predictions(
    dataset: Dataset, predictions: dict[str, Any], preparation: Preparation
) -> dict[str, Any]:
    """The predictions of a method, with the most probable class by name, and numbers under the name `value`.

    Args:
        dataset: the inputs; their names come first as `id`, those that could not be read last as `skipped`,
            and `notes` on how they were read, if there are any.
        predictions: as returned by the method; `classes` names the classes of its probabilities, by default
            those of training.
        preparation: with the classes of training, if the method learned them.
    """
    named = {"value" if name == "values" else name: values for name, values in predictions.items()}
    if "probabilities" in predictions and "label" in preparation and "label" not in predictions:
        probabilities = predictions["probabilities"]
        classes = list(predictions["classes"] if "classes" in predictions else preparation["label"].names)
        label = [classes[number] for number in probabilities.argmax(1)]
        named = {"label": label, "probability": probabilities.max(1), **predictions, "classes": classes}
    skipped = [dataclasses.asdict(bad) for bad in dataset.skipped]
    return {"id": dataset.ids, **named, "skipped": skipped} | (
        {"notes": dataset.notes} if dataset.notes else {}
    )
