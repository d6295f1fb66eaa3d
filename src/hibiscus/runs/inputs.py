"""What a person gives a finished run to answer, images, videos, tables, arrays, in the shape that it learned; and the answers' names."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hibiscus.data.arrays.open import is_idx, open_arrays, read_idx
from hibiscus.data.builtin.open import BUNDLED
from hibiscus.data.dataset import Dataset, Skipped, content_keys
from hibiscus.data.images.folder import IMAGE_ENDINGS, find_images, look_at_headers, open_image_files
from hibiscus.data.images.video import VIDEO_ENDINGS, read_frames
from hibiscus.data.masks.folder import find_mask_pairs
from hibiscus.data.open import TABLE_ENDINGS, open_data
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.tables.open import listed_images
from hibiscus.data.unpaired import bring_to_shape
from hibiscus.errors import DataError

__all__ = ["Given", "named_answers", "open_inputs", "prepare_inputs"]

Given = str | os.PathLike[str] | np.ndarray | Dataset


def open_inputs(given: Given | Sequence[Given], preparation: Preparation) -> Dataset:
    """Opens inputs without labels.

    Args:
        given: paths of images, videos, folders, tables or arrays; a DataFrame, an array, a Dataset; or a list of paths.
        preparation: what the run learned; images are brought to its size and colours.

    Raises:
        DataError: not the kind of input that the run was trained on.
    """
    if isinstance(given, Dataset):
        return given
    if hasattr(given, "columns"):
        return _dataset("frame", {"table": given}, [f"row {i + 1}" for i in range(len(given))])  # type: ignore[arg-type]
    if isinstance(given, np.ndarray):
        return _from_array(given, "array", preparation)
    paths = [given] if isinstance(given, str | os.PathLike) else list(given)
    if len(paths) == 1 and str(paths[0]) in BUNDLED:
        dataset = open_data(str(paths[0]))
        return _from_array(dataset.fields["image"], dataset.path, preparation) if "image" in dataset.fields else dataset
    if len(paths) == 1 and str(paths[0]).lower().endswith((*TABLE_ENDINGS, ".txt")):
        return _open_table(Path(str(paths[0])).expanduser(), preparation)
    if "image" in preparation and all(not str(path).lower().endswith((".npz", ".npy")) and not is_idx(Path(str(path))) for path in paths):
        return _open_images([Path(str(path)).expanduser() for path in paths], preparation)
    if len(paths) != 1:
        raise DataError(f"{len(paths)} inputs", "one table or one file of arrays", "give them one at a time")
    path = Path(str(paths[0]))
    if is_idx(path):
        return _from_array(read_idx(path), str(path), preparation)
    if path.suffix in (".npz", ".npy"):
        dataset = open_arrays(path)
        return _from_array(dataset.fields["image" if "image" in dataset.fields else "array"], str(path), preparation)
    return open_data(str(path))


def prepare_inputs(dataset: Dataset, preparation: Preparation, device: torch.device, training: PreparedData | None = None) -> PreparedData:
    """Opened inputs as the part `inputs`, seen through what the run learned.

    Args:
        dataset: the inputs.
        preparation: what the run learned.
        device: where its networks are.
        training: what a few-shot method takes for examples.

    Raises:
        DataError: a field is missing that the run was trained on.
    """
    wanted = [name for name in preparation.fields if name not in ("label", "target", "factors", "domain", "mask", "boxes")]
    if any(name not in dataset.fields for name in wanted):
        raise DataError(
            f"{dataset.path}: it holds {', '.join(dataset.describe_fields().values()) or 'nothing'}",
            f"{' and '.join(wanted)}, as in training",
            "give the kind of data that the run was trained on",
        )
    seen = Preparation({name: preparation[name] for name in wanted})
    return PreparedData(dataset, seen, {"inputs": np.arange(len(dataset))}, device, training=training)


def _open_table(file: Path, preparation: Preparation) -> Dataset:
    """A table; one that lists images is those images, unless its other columns were learned from too."""
    if "image" not in preparation:
        return open_data(str(file))
    prepared = preparation["image"]
    listed = listed_images(file) if file.is_file() and "table" not in preparation else []
    if listed:
        return _open_image_files(listed, preparation)
    return open_data(str(file), image_size=(prepared.height, prepared.width), channels=prepared.channels)


def _open_images(paths: list[Path], preparation: Preparation) -> Dataset:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: there is nothing at this path", "an image, a video, or a folder of images", "check the path")
        found = find_images(path)[0] if path.is_dir() else [path]
        masks = {folder for _, folder in find_mask_pairs(path)} if path.is_dir() else set()
        files += [file for file in found if not masks.intersection(file.parents)]  # masks are answers, not questions
    if not files:
        raise DataError(
            f"{paths[0]}: no image in it",
            f"files ending in {', '.join(sorted(IMAGE_ENDINGS))}",
            "check the path; name videos one by one",
        )
    videos = [file for file in files if file.suffix.lower() in VIDEO_ENDINGS]
    if not videos:
        return _open_image_files(files, preparation)
    opened = [_open_video(file, preparation) for file in videos]
    if len(videos) < len(files):
        opened.insert(0, _open_image_files([file for file in files if file not in videos], preparation))
    fields = {name: np.concatenate([one.fields[name] for one in opened]) for name in opened[0].fields}
    ids, skipped = [item for one in opened for item in one.ids], [bad for one in opened for bad in one.skipped]
    return _dataset("images", fields, ids, np.concatenate([one.keys for one in opened]), skipped)


def _open_image_files(files: list[Path], preparation: Preparation) -> Dataset:
    prepared = preparation["image"]
    pixels, keys, good, skipped = open_image_files(files, (prepared.height, prepared.width), prepared.channels, resize=prepared.resize)
    if not len(good):
        raise DataError(skipped[0].reason, "at least one image that can be read", "check the files")
    sizes = [(look_at_headers([files[i]])[0] or [pixels.shape[1:3]])[0] for i in good] if prepared.resize == "squash" else []
    return _dataset("images", _with_sizes(pixels, sizes), [str(files[i]) for i in good], keys, skipped)


def _open_video(file: Path, preparation: Preparation) -> Dataset:
    """The frames of a video, by the file's name and their number."""
    prepared = preparation["image"]
    pixels, size = read_frames(file, (prepared.height, prepared.width, prepared.channels), prepared.resize)
    sizes = [size] * len(pixels) if prepared.resize == "squash" else []
    ids = [f"{file.with_suffix('')}-{number:06}" for number in range(len(pixels))]
    return _dataset("frames", _with_sizes(pixels, sizes), ids, content_keys(pixels))


def _with_sizes(pixels: np.ndarray, sizes: list[Any]) -> dict[str, Any]:
    """The fields of images; what is found in squashed ones is told in pixels of their files, so those need `sizes`."""
    return {"image": pixels, "size": np.array(sizes, np.int64)} if sizes else {"image": pixels}


def _from_array(values: np.ndarray, path: str, preparation: Preparation) -> Dataset:
    if "image" in preparation:
        prepared = preparation["image"]
        wanted = (prepared.height, prepared.width, prepared.channels)
        if "domain" in preparation and values.dtype == np.uint8 and values.ndim in (3, 4):  # as the two data sets themselves were
            values = values[..., None] if values.ndim == 3 else values
            values = bring_to_shape(values, wanted) if values.shape[3] in (1, 3) else values
        if values.ndim >= 2 and values.dtype == np.uint8:
            shapes = [values, values[None], values[..., None], values[None, ..., None]]
            if prepared.channels == 3:  # grey images for a run that learned from colour, as files of them are read too
                shapes += [shaped.repeat(3, axis=-1) for shaped in shapes if shaped.shape[-1] == 1]
            for shaped in shapes:
                if shaped.ndim == 4 and shaped.shape[1:] == wanted:
                    images = np.ascontiguousarray(shaped)
                    return _dataset(path, {"image": images}, [str(i) for i in range(len(images))], content_keys(images))
        raise DataError(
            f"{path}: {values.dtype} {values.shape}", f"uint8 (items, {', '.join(map(str, wanted))})", "bring them to this shape"
        )
    rows = values.astype(np.float32)
    rows = rows[None] if "array" in preparation and rows.shape == preparation["array"].shape else rows
    return _dataset(path, {"array": rows}, [str(i) for i in range(len(rows))], content_keys(rows))


def _dataset(name: str, fields: dict[str, Any], ids: list[str], keys: np.ndarray | None = None, skipped: Sequence[Skipped] = ()) -> Dataset:
    return Dataset(name, name, fields, ids, np.zeros(len(ids), np.uint64) if keys is None else keys, skipped=list(skipped))


def named_answers(dataset: Dataset, answers: dict[str, Any], preparation: Preparation) -> dict[str, Any]:
    """A method's answers with the most probable class by its name, and numbers under the name `value`.

    Args:
        dataset: what was asked; its names come first as `id`, what could not be read last as `skipped`.
        answers: as the method gave them; `classes` names what its probabilities are of, by default the classes of training.
        preparation: with the classes of training, where the method learned them.
    """
    named = {"value" if name == "values" else name: values for name, values in answers.items()}
    if "probabilities" in answers and "label" in preparation and "label" not in answers:
        probabilities = answers["probabilities"]
        classes = list(answers["classes"] if "classes" in answers else preparation["label"].names)
        label = [classes[place] for place in probabilities.argmax(1)]
        named = {"label": label, "probability": probabilities.max(1), **answers, "classes": classes}
    return {"id": dataset.ids, **named, "skipped": [dataclasses.asdict(bad) for bad in dataset.skipped]}
