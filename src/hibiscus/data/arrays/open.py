"""Arrays: IDX (the MNIST format), `.npz`, `.npy`, CIFAR's binary batches, MATLAB files such as SVHN's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hibiscus.data.arrays.idx import read_idx_folder
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.errors import DataError

__all__ = ["dataset_from_arrays", "open_arrays", "open_cifar", "open_idx"]

PART_WORDS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
IMAGE_KEYS = ("x", "images", "image", "pictures", "data", "X", "samples", "arr_0")
LABEL_KEYS = ("y", "labels", "label", "targets", "target", "Y", "classes", "arr_1")


def open_idx(folder: Path) -> Dataset:
    """Opens a folder of IDX files; see `read_idx_folder`.

    Raises:
        DataError: no training images, or images and labels that do not match.
    """
    return dataset_from_arrays(folder.resolve().name, str(folder), read_idx_folder(folder))


def open_cifar(folder: Path) -> Dataset:
    """Opens CIFAR-10 or CIFAR-100 in binary form (`data_batch_1.bin …`, or `train.bin` and `test.bin`)."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    fine = (folder / "train.bin").exists()
    patterns = (
        {"train": "train.bin", "test": "test.bin"}
        if fine
        else {"train": "data_batch_*.bin", "test": "test_batch.bin"}
    )
    for part, pattern in patterns.items():
        files = sorted(folder.glob(pattern))
        if not files:
            fix = "extract the whole archive into the folder"
            raise DataError(f"{folder}: no {pattern}", "the binary version of CIFAR", fix)
        rows = np.concatenate([np.fromfile(file, np.uint8) for file in files])
        width = 3072 + (2 if fine else 1)
        if len(rows) % width:
            received = f"{folder}: {pattern} has {len(rows)} bytes"
            raise DataError(received, f"a multiple of {width}", "extract the archive again")
        rows = rows.reshape(-1, width)
        images = rows[:, -3072:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        parts[part] = {
            "image": np.ascontiguousarray(images),
            "label": rows[:, 1 if fine else 0].astype(np.int64),
        }
    return dataset_from_arrays(folder.resolve().name, str(folder), parts, _cifar_names(folder))


def _cifar_names(folder: Path) -> list[str] | None:
    for name in ("batches.meta.txt", "fine_label_names.txt"):
        if (folder / name).exists():
            return [line.strip() for line in (folder / name).read_text().splitlines() if line.strip()]
    return None


def _read_file(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `.npz`, `.npy` or `.mat` file by key. Pickled objects are never read."""
    try:
        if path.suffix.lower() == ".npy":
            return {"x": np.lib.format.open_memmap(path, mode="c")}
        if path.suffix.lower() == ".mat":
            from scipy.io import loadmat

            with path.open("rb") as file:
                return {
                    key: np.asarray(value) for key, value in loadmat(file).items() if not key.startswith("__")
                }
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except Exception as error:  # damaged files raise errors of any type, MemoryError included
        expected = "plain arrays of numbers"
        if "pickle" in str(error) or "Python objects" in str(error):
            received = f"{path}: contains pickled objects, which can run code and are never read"
            fix = "save them again with numpy.savez(path, x=..., y=...), or provide texts as CSV"
            raise DataError(received, expected, fix) from None
        raise DataError(f"{path}: cannot be read ({error})", expected, "download or save it again") from None


def _pick(arrays: dict[str, np.ndarray], names: tuple[str, ...], part: str) -> np.ndarray | None:
    for name in names:
        for word in PART_WORDS.get(part, ("",)):
            for key in (
                (f"{name}_{word}", f"{word}_{name}", f"{name}{word}", f"{word}{name}") if part else (name,)
            ):
                if key in arrays:
                    return arrays[key]
    return None


def open_arrays(path: Path) -> Dataset:
    """Opens a `.npz`, `.npy` or `.mat` file with keys such as `x_train y_train`, `images labels` or `X y`.

    Raises:
        DataError: not readable, pickled, or no array that could hold the items.
    """
    arrays = _read_file(path)
    parts = {}
    for part in ("train", "val", "test"):
        arrays_of_part = {"image": _pick(arrays, IMAGE_KEYS, part), "label": _pick(arrays, LABEL_KEYS, part)}
        if arrays_of_part["image"] is not None:
            parts[part] = {name: values for name, values in arrays_of_part.items() if values is not None}
    if not parts:
        images, labels = _pick(arrays, IMAGE_KEYS, ""), _pick(arrays, LABEL_KEYS, "")
        if images is None:
            shapes = ", ".join(f"{key} {value.shape}" for key, value in arrays.items())
            expected, fix = "x and y, or x_train y_train x_test y_test", "save the arrays under these names"
            raise DataError(f"{path}: arrays {shapes}", expected, fix)
        if path.suffix.lower() == ".mat" and images.ndim == 4:  # SVHN stores (height, width, channels, items)
            images = np.moveaxis(images, -1, 0)
        parts[""] = {"image": images} | ({} if labels is None else {"label": labels})
    names = arrays.get("classes", arrays.get("class_names"))
    listed = None
    if names is not None and names.ndim == 1 and names.dtype.kind in "US":
        listed = [str(name) for name in names]
    return dataset_from_arrays(path.stem, str(path), parts, listed)


def _as_field(values: np.ndarray, path: str) -> tuple[str, np.ndarray]:
    """The field that the dtype and shape of an array indicate: images, or vectors and series of numbers."""
    if values.dtype.kind not in "uifb":
        raise DataError(f"{path}: items of type {values.dtype}", "numbers", "provide texts as a CSV file")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(f"{path}: non-finite values", "finite numbers", "replace or remove them")
    if values.ndim == 4 and values.shape[-1] not in (1, 3, 4) and values.shape[1] in (1, 3):
        values = values.transpose(0, 2, 3, 1)  # channels first, as PyTorch has them
    if values.dtype == np.uint8 and (
        values.ndim == 3 or (values.ndim == 4 and values.shape[-1] in (1, 3, 4))
    ):
        images = values[..., None] if values.ndim == 3 else values[..., :3]
        return "image", np.ascontiguousarray(images)
    if values.ndim == 4:
        return "image", _as_bytes(values, path)
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise DataError(
            f"{path}: values that are too large for float32", "numbers within 3e38", "rescale them"
        )
    return "array", numbers


def _as_bytes(values: np.ndarray, path: str) -> np.ndarray:
    """Images of another dtype as uint8: from [0, 1], or integers from 0 to 255."""
    low, high = float(values.min()), float(values.max())
    whole = high > 1 and bool((values == np.round(values)).all())
    if low < 0 or high > (255 if whole else 1) or values.shape[-1] not in (1, 3):
        raise DataError(
            f"{path}: 4-D {values.dtype} array {values.shape} with values {low:g} to {high:g}",
            "images (items, height, width, 1 or 3), from 0 to 255 or in [0, 1]",
            "scale them to 0..255 and save them as uint8",
        )
    return np.round(values if whole else values * 255.0).astype(np.uint8)


def _as_targets(labels: np.ndarray, path: str) -> tuple[str, np.ndarray]:
    """Labels as `label` (items,), also from one-hot rows; several numbers for each item are a `target`."""
    labels = labels.reshape(len(labels), -1) if labels.ndim else labels.reshape(1, 1)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind not in "uifbU" or (labels.dtype.kind == "f" and not np.isfinite(labels).all()):
        received = f"{path}: labels of type {labels.dtype}, or non-finite labels"
        raise DataError(received, "numbers or names", "correct the labels")
    if labels.shape[1] == 1:
        return "label", labels[:, 0]
    if labels.dtype.kind == "U":
        raise DataError(
            f"{path}: {labels.shape[1]} names for each item", "one label per item", "keep one column"
        )
    if ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all():
        return "label", labels.argmax(1)
    return "target", labels.astype(np.float64)


def dataset_from_arrays(
    name: str, path: str, parts: dict[str, dict[str, np.ndarray]], classes: list[str] | None = None
) -> Dataset:
    """A Dataset from the arrays of its parts.

    Args:
        name: short name.
        path: as the user wrote it.
        parts: for each part (`""` if there is only one) `image` (the items) and optionally `label`.
        classes: the class names by number.

    Raises:
        DataError: different numbers of items and labels, parts of different shapes, or non-finite values.
    """
    fields: dict[str, list[np.ndarray]] = {}
    spans, start = {}, 0
    for part, arrays in parts.items():
        items = arrays["image"]
        if items.ndim not in (2, 3, 4) or items.size == 0:
            expected = "images, vectors or series, (items, ...)"
            raise DataError(f"{path}: an array of shape {items.shape}", expected, "reshape the array")
        kind, values = _as_field(items, path)
        fields.setdefault(kind, []).append(values)
        if "label" in arrays:
            kind, labels = _as_targets(arrays["label"], path)
            if len(labels) != len(items):
                received = f"{path}: {len(items)} items and {len(labels)} labels"
                raise DataError(received, "equal numbers of items and labels", "correct the file")
            fields.setdefault(kind, []).append(labels)
        spans[part] = np.arange(start, start + len(items))
        start += len(items)
    joined = _joined(fields, path, start)
    labels = joined.get("label")
    if (
        classes
        and labels is not None
        and labels.dtype.kind in "ui"
        and set(labels) <= set(range(len(classes)))
    ):
        joined["label"] = np.array(classes)[labels.astype(int)]
    return Dataset(
        name=name,
        path=path,
        fields=joined,
        ids=[f"{part}/{i}" if part else str(i) for part, span in spans.items() for i in range(len(span))],
        keys=content_keys(joined["image"] if "image" in joined else joined["array"]),
        parts={part: span for part, span in spans.items() if part},
    )


def _joined(fields: dict[str, list[np.ndarray]], path: str, items: int) -> dict[str, np.ndarray]:
    """The parts of each field one after another; each field has to hold all items."""
    try:
        joined = {
            name: arrays[0] if len(arrays) == 1 else np.concatenate(arrays) for name, arrays in fields.items()
        }
    except ValueError as error:
        received = f"{path}: the parts cannot be joined ({error})"
        raise DataError(received, "the same shape in each part", "correct the file") from None
    if any(len(values) != items for values in joined.values()):
        received = f"{path}: the parts have different fields ({', '.join(joined)})"
        raise DataError(received, "the same fields in each part", "add the missing labels")
    return joined
