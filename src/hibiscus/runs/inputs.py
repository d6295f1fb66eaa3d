"""Converts inputs to the form used in training, and adds labels to predictions."""

from __future__ import annotations

import dataclasses
import os
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from hibiscus.data.archives import extracted, is_archive
from hibiscus.data.arrays.idx import is_idx, read_idx
from hibiscus.data.arrays.open import open_arrays
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.locations import BUNDLED
from hibiscus.data.memory_limit import check_memory
from hibiscus.data.named_errors import named_errors
from hibiscus.data.open import TABLE_ENDINGS, open_data
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.special_files import check_regular
from hibiscus.data.tables.open import listed_images
from hibiscus.errors import DataError
from hibiscus.runs.image_inputs import (
    images_from_arrays,
    images_from_files,
    images_from_paths,
    images_from_pil,
)
from hibiscus.runs.series_inputs import as_items, series_inputs
from hibiscus.runs.text_inputs import text_inputs

__all__ = ["Input", "label_predictions", "open_inputs", "prepare_inputs"]

Input = str | os.PathLike[str] | np.ndarray | Dataset | Image.Image | Any  # or a DataFrame, or a tensor


def open_inputs(inputs: Input | Sequence[Input], preparation: Preparation) -> Dataset:
    """Opens inputs without labels.

    Args:
        inputs: a path of images, videos, folders, archives, tables or arrays, or a list of paths; a
            DataFrame, an array, a tensor, a PIL image, a list of them, or a Dataset; for a run that learned
            texts, also a text or a list of texts.
        preparation: what the run learned; images are converted to its size and channels.

    Raises:
        DataError: the inputs are not of the type that the run was trained on.
    """
    if isinstance(inputs, Dataset):
        return inputs
    with named_errors(inputs if not isinstance(inputs, list | tuple) or not inputs else inputs[0]):
        return _open_inputs(inputs, preparation)


def _open_inputs(inputs: Any, preparation: Preparation) -> Dataset:
    if hasattr(inputs, "columns"):
        return _open_frame(inputs, preparation)
    if isinstance(inputs, np.ndarray) or hasattr(inputs, "numpy"):  # or a tensor
        return _from_array(_as_array(inputs), "array", preparation)
    if isinstance(inputs, Mapping):
        expected = "a path, a DataFrame, an array, a tensor, a PIL image, or a list of them"
        raise DataError("a dictionary", expected, "pass pandas.DataFrame(...) for the rows of a table")
    items = [inputs] if isinstance(inputs, str | os.PathLike | Image.Image) else list(inputs)
    if not items:
        raise DataError("no inputs", "at least one", "pass a path, an array, a DataFrame or images")
    for item in items:
        if isinstance(item, str | os.PathLike):
            check_regular(os.path.expanduser(item))
    if not all(isinstance(item, str | os.PathLike) for item in items):
        return _from_objects(items, preparation)
    texts = text_inputs(items, preparation)
    if texts is not None:
        return _open_frame(texts, preparation)
    places = {str(item): extracted(Path(str(item))) for item in items if is_archive(Path(str(item)))}
    dataset = _open_paths([str(places.get(str(item), item)) for item in items], preparation)
    for archive, place in places.items():  # named by the archive instead of the cache
        dataset.ids = [name.replace(str(place), archive) for name in dataset.ids]
        dataset.path = dataset.path.replace(str(place), archive)
    return dataset


def _open_paths(paths: Sequence[str], preparation: Preparation) -> Dataset:
    """Opens files, folders and bundled data."""
    if len(paths) == 1 and paths[0] in BUNDLED:
        dataset = open_data(paths[0])
        is_image = "image" in dataset.fields
        return _from_array(dataset.fields["image"], dataset.path, preparation) if is_image else dataset
    if len(paths) == 1 and (series := series_inputs(Path(paths[0]).expanduser(), preparation)):
        return series
    if len(paths) == 1 and paths[0].lower().endswith((*TABLE_ENDINGS, ".txt")):
        return _open_table(Path(paths[0]).expanduser(), preparation)
    if "image" in preparation and not any(_holds_arrays(Path(path)) for path in paths):
        return images_from_paths([Path(path).expanduser() for path in paths], preparation["image"])
    if len(paths) != 1:
        raise DataError(f"{len(paths)} inputs", "one table or one file of arrays", "pass them one at a time")
    path = Path(paths[0])
    if is_idx(path):
        return _from_array(read_idx(path), str(path), preparation)
    if path.suffix.lower() in (".npz", ".npy"):
        level = preparation["image"].white_level if "image" in preparation else None
        fields = open_arrays(path, level).fields
        return _from_array(fields["image" if "image" in fields else "array"], str(path), preparation)
    return open_data(str(path))


def _as_array(values: Any) -> np.ndarray:
    """An array, or a tensor of PyTorch."""
    return values if isinstance(values, np.ndarray) else values.detach().cpu().numpy()


def _from_objects(items: list[Any], preparation: Preparation) -> Dataset:
    """PIL images, or arrays of one image each; or rows of numbers.

    Raises:
        DataError: objects of another kind.
    """
    images = [Image.open(item) if isinstance(item, str | os.PathLike) else item for item in items]
    if "image" in preparation and all(isinstance(item, Image.Image) for item in images):
        return images_from_pil(images, preparation["image"])
    if any(not isinstance(item, np.ndarray | list | tuple | int | float | np.number) for item in items):
        kinds = ", ".join(sorted({type(item).__name__ for item in items}))
        given = ", ".join(preparation.fields)
        expected = f"paths, arrays, images or a DataFrame; the run learned {given}"
        raise DataError(f"inputs of type {kinds}", expected, "pass one of these")
    arrays = [np.asarray(item) for item in items]
    if "image" in preparation and len({array.shape for array in arrays}) > 1:
        parts = [images_from_arrays(array, "array", preparation["image"]) for array in arrays]
        fields = {name: np.concatenate([part.fields[name] for part in parts]) for name in parts[0].fields}
        keys = np.concatenate([part.keys for part in parts])
        return Dataset("array", "array", fields, [str(i) for i in range(len(keys))], keys)
    return _from_array(np.stack(arrays), "array", preparation)


def _open_frame(frame: Any, preparation: Preparation) -> Dataset:
    """A DataFrame in memory, read as a table file is."""
    return open_data(frame, trained=preparation)


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
    targets = ("label", "labels", "target", "factors", "domain", "mask", "boxes", "target_image")
    needed = [name for name in preparation.fields if name not in (*targets, "target_text")]
    columns = {name: getattr(preparation[name], "column", None) for name in needed}
    if any(raw_field(dataset, name, columns[name]) is None for name in needed):
        raise DataError(
            f"{dataset.path}: it holds {', '.join(dataset.describe_fields().values()) or 'nothing'}",
            f"what the run was trained on: {_describe(preparation, needed)}",
            "pass inputs of that kind, or use a run of a model for these inputs",
        )
    inputs = Preparation({name: preparation[name] for name in needed})
    with named_errors(dataset.path):
        if "table" in needed:
            dataset.notes += preparation["table"].unfamiliar(dataset.fields["table"])
        return PreparedData(dataset, inputs, {"inputs": np.arange(len(dataset))}, device, training=training)


def _describe(preparation: Preparation, needed: Sequence[str]) -> str:
    """The kind of inputs that a run was trained on: `images (32x32, RGB)`."""
    kinds = []
    for name in needed:
        if name == "image":
            image = preparation["image"]
            color = "grayscale" if image.channels == 1 else "RGB"
            kinds.append(f"images ({image.height}x{image.width}, {color})")
        elif name == "table":
            columns = [column.name for column in preparation["table"].columns]
            names = textwrap.shorten(", ".join(columns), 120, placeholder=" ...")
            kinds.append(f"a table with the columns {names}")
        else:
            words = {"array": f"arrays {tuple(preparation[name].shape)}", "text": "texts"}
            if name == "text" and preparation[name].column:
                words["text"] += f" in the column {preparation[name].column}"
            kinds.append(words.get(name, name))
    return " and ".join(kinds)


def _open_table(file: Path, preparation: Preparation) -> Dataset:
    """Opens a table, or the lines of a text; if a table lists images, these are the inputs, unless other
    columns were inputs too.
    """
    header = preparation["table"].header if "table" in preparation else None
    if "image" not in preparation:
        dataset = open_data(str(file), trained=preparation, header=header)
        if dataset.about.get("text", {}).get("continuous"):  # what is embedded or explained are single texts
            dataset = open_data(str(file), trained=preparation, txt_as="lines")
        return dataset
    prepared = preparation["image"]
    listed = listed_images(file) if file.is_file() and "table" not in preparation else []
    if listed:
        return images_from_files(listed, prepared)
    return open_data(
        str(file),
        image_size=(prepared.height, prepared.width),
        channels=prepared.channels,
        white_level=prepared.white_level,
        trained=preparation,
        header=header,
    )


def _from_array(values: np.ndarray, path: str, preparation: Preparation) -> Dataset:
    if "image" in preparation:
        return images_from_arrays(values, path, preparation["image"])
    if values.dtype.kind not in "uifb":
        raise DataError(
            f"{path}: {values.dtype} {values.shape}", "numbers", "pass texts as a list of strings"
        )
    check_memory(path, 4 * values.size if values.dtype != np.float32 else 0)
    rows = values.astype(np.float32, copy=False)
    rows = as_items(rows, preparation)
    ids = [str(i) for i in range(len(rows))]
    return Dataset(path, path, {"array": rows}, ids, content_keys(rows))


def label_predictions(
    dataset: Dataset, predictions: dict[str, Any], preparation: Preparation
) -> dict[str, Any]:
    """The predictions of a method, with the predicted class by name, and numbers under the name `value`.

    If these are of several targets, `targets` names them, in the order of the columns of `value`.

    Args:
        dataset: the inputs; their names come first as `id`, those that could not be read last as `skipped`,
            and `notes` on how they were read, if there are any.
        predictions: as returned by the method; `classes` names the classes of its probabilities, by default
            those of training; `predicted` numbers the predicted classes, by default the most probable ones.
        preparation: with the classes of training, if the method learned them.
    """
    named = {"value" if name == "values" else name: values for name, values in predictions.items()}
    if "values" in predictions and "target" in preparation and len(preparation["target"].names) > 1:
        named["targets"] = list(preparation["target"].names)
    if "probabilities" in predictions and "label" in preparation and "label" not in predictions:
        probabilities = predictions["probabilities"]
        classes = list(predictions["classes"] if "classes" in predictions else preparation["label"].names)
        number = np.asarray(named.pop("predicted", probabilities.argmax(1)))
        label, probability = [classes[k] for k in number], probabilities[np.arange(len(number)), number]
        named = {"label": label, "probability": probability, **named, "classes": classes}
    skipped = [dataclasses.asdict(bad) for bad in dataset.skipped]
    return {"id": dataset.ids, **named, "skipped": skipped} | (
        {"notes": dataset.notes} if dataset.notes else {}
    )
