"""Arrays: IDX (the MNIST format), `.npz` and `.npy`, CIFAR's binary batches, and MATLAB files such as SVHN's."""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.errors import DataError

__all__ = ["dataset_from_arrays", "is_idx", "open_arrays", "open_cifar", "open_idx", "read_idx"]

IDX_TYPES = {8: np.uint8, 9: np.int8, 11: np.int16, 12: np.int32, 13: np.float32, 14: np.float64}
IMAGE_KEYS = ("x", "images", "image", "pictures", "data", "X", "samples", "arr_0")
LABEL_KEYS = ("y", "labels", "label", "targets", "target", "Y", "classes", "arr_1")


def is_idx(path: Path) -> bool:
    """Whether a name is that of an IDX file, packed or not (`train-images-idx3-ubyte.gz`)."""
    return bool(re.search(r"[-.]idx\d-(ubyte|byte|short|int|float|double)(\.gz)?$", path.name)) or path.suffix == ".idx"


def read_idx(path: Path) -> np.ndarray:
    """Reads one IDX file, gzipped or plain.

    Raises:
        DataError: not IDX, cut short, or its sizes do not fit its length.
    """
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        zeros, kind, rank = struct.unpack(">HBB", raw[:4])
        shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
        dtype = np.dtype(IDX_TYPES[kind]).newbyteorder(">")
        if zeros or len(raw) - 4 - 4 * rank != int(np.prod(shape, dtype=object)) * dtype.itemsize:
            raise ValueError(f"{len(raw)} bytes do not hold an array of {shape}")
        return np.frombuffer(raw, dtype, offset=4 + 4 * rank).reshape(shape).astype(dtype.newbyteorder("="))
    except (EOFError, zlib.error, OSError, ValueError, KeyError, struct.error) as error:
        raise DataError(f"{path}: cannot be read as IDX ({error})", "a whole IDX file, plain or .gz", "fetch it again") from None


def open_idx(folder: Path) -> Dataset:
    """Opens a folder of IDX files: `train-images…` with `train-labels…`, `t10k-…` or `test-…` beside them.

    Raises:
        DataError: no training images, or images and labels that do not fit together.
    """
    parts: dict[str, dict[str, np.ndarray]] = {}
    for file in sorted(path for path in folder.iterdir() if is_idx(path)):
        part = "test" if re.match(r"(t10k|test)", file.name) else "val" if file.name.startswith("val") else "train"
        parts.setdefault(part, {})["label" if "label" in file.name else "image"] = read_idx(file)
    if "image" not in parts.get("train", {}):
        raise DataError(f"{folder}: IDX files without training images", "train-images-idx3-ubyte(.gz)", "add the training files")
    return dataset_from_arrays(folder.resolve().name, str(folder), parts)


def open_cifar(folder: Path) -> Dataset:
    """Opens CIFAR-10 or CIFAR-100 in its binary form (`data_batch_1.bin …`, or `train.bin` and `test.bin`)."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    fine = (folder / "train.bin").exists()
    for part, pattern in (("train", "train.bin" if fine else "data_batch_*.bin"), ("test", "test.bin" if fine else "test_batch.bin")):
        files = sorted(folder.glob(pattern))
        if not files:
            raise DataError(f"{folder}: no {pattern}", "the binary version of CIFAR", "unpack the whole archive into the folder")
        rows = np.concatenate([np.fromfile(file, np.uint8) for file in files])
        width = 3072 + (2 if fine else 1)
        if len(rows) % width:
            raise DataError(f"{folder}: {pattern} holds {len(rows)} bytes", f"a multiple of {width}", "unpack the archive again")
        rows = rows.reshape(-1, width)
        images = rows[:, -3072:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        parts[part] = {"image": np.ascontiguousarray(images), "label": rows[:, 1 if fine else 0].astype(np.int64)}
    return dataset_from_arrays(folder.resolve().name, str(folder), parts, _cifar_names(folder))


def _cifar_names(folder: Path) -> list[str] | None:
    for name in ("batches.meta.txt", "fine_label_names.txt"):
        if (folder / name).exists():
            return [line.strip() for line in (folder / name).read_text().splitlines() if line.strip()]
    return None


def _read_file(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `.npz`, `.npy` or `.mat` file by key. Nothing pickled is read."""
    try:
        if path.suffix == ".npy":
            return {"x": np.load(path, mmap_mode="c", allow_pickle=False)}
        if path.suffix == ".mat":
            from scipy.io import loadmat

            return {key: np.asarray(value) for key, value in loadmat(path).items() if not key.startswith("__")}
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        pickled = "pickle" in str(error) or "allow_pickle" in str(error)
        raise DataError(
            f"{path}: {'holds pickled objects, which can run code and are never read' if pickled else f'cannot be read ({error})'}",
            "plain arrays of numbers",
            "save them again with numpy.savez(path, x=..., y=...), or give texts as CSV" if pickled else "fetch or save it again",
        ) from None


def _pick(arrays: dict[str, np.ndarray], names: tuple[str, ...], part: str) -> np.ndarray | None:
    for name in names:
        for key in [f"{name}_{part}", f"{part}_{name}", f"{name}{part}", f"{part}{name}"] if part else [name]:
            if key in arrays:
                return arrays[key]
    return None


def open_arrays(path: Path) -> Dataset:
    """Opens one `.npz`, `.npy` or `.mat` file; keys such as `x_train y_train x_test y_test`, `images labels` or `X y`.

    Raises:
        DataError: not readable, pickled, or no array that could be the items.
    """
    arrays = _read_file(path)
    parts = {}
    for part in ("train", "val", "test"):
        found = {"image": _pick(arrays, IMAGE_KEYS, part), "label": _pick(arrays, LABEL_KEYS, part)}
        if found["image"] is not None:
            parts[part] = {name: values for name, values in found.items() if values is not None}
    if not parts:
        images, labels = _pick(arrays, IMAGE_KEYS, ""), _pick(arrays, LABEL_KEYS, "")
        if images is None:
            shapes = ", ".join(f"{key} {value.shape}" for key, value in arrays.items())
            raise DataError(f"{path}: arrays {shapes}", "x and y, or x_train y_train x_test y_test", "save them under these names")
        if path.suffix == ".mat" and images.ndim == 4:  # SVHN stores (height, width, channels, items)
            images = np.moveaxis(images, -1, 0)
        parts[""] = {"image": images} | ({} if labels is None else {"label": labels.reshape(len(labels), -1)[:, 0]})
    names = arrays.get("classes", arrays.get("class_names"))
    listed = [str(name) for name in names] if names is not None and names.ndim == 1 and names.dtype.kind in "US" else None
    return dataset_from_arrays(path.stem, str(path), parts, listed)


def _as_field(values: np.ndarray, path: str) -> tuple[str, np.ndarray]:
    """The field that an array's type and shape say it is: pictures, or vectors and series of numbers."""
    if values.dtype.kind not in "uifb":
        raise DataError(f"{path}: items of type {values.dtype}", "numbers", "texts go in a CSV file")
    if values.dtype == np.uint8 and (values.ndim == 3 or (values.ndim == 4 and values.shape[-1] in (1, 3, 4))):
        pictures = values[..., None] if values.ndim == 3 else values[..., :3]
        return "image", np.ascontiguousarray(pictures)
    if values.ndim == 4:
        low, high = float(values.min()), float(values.max())
        if low < 0 or high > 1 or values.shape[-1] not in (1, 3):
            raise DataError(
                f"{path}: 4-D {values.dtype} array {values.shape} with values {low:g} to {high:g}",
                "pictures (items, height, width, 1 or 3), uint8 or in [0, 1]",
                "multiply to 0..255 and save as uint8",
            )
        return "image", np.round(values * 255).astype(np.uint8)
    if values.ndim not in (2, 3):
        raise DataError(f"{path}: items of shape {values.shape[1:]}", "pictures, vectors or series", "reshape the array")
    return "array", values.astype(np.float32)


def dataset_from_arrays(name: str, path: str, parts: dict[str, dict[str, np.ndarray]], classes: list[str] | None = None) -> Dataset:
    """A Dataset from arrays by part (`""` where they came whole).

    Args:
        name: short name.
        path: as the person wrote it.
        parts: for each part `image` (the items) and perhaps `label`.
        classes: names of the classes by number.

    Raises:
        DataError: items and labels of unlike counts, parts of unlike shapes, values that are not finite.
    """
    fields: dict[str, list[np.ndarray]] = {}
    spans, start = {}, 0
    for part, arrays in parts.items():
        items = arrays["image"]
        if len(items) == 0:
            raise DataError(f"{path}: no items in the {part or 'whole'} part", "at least one", "check the array")
        kind, values = _as_field(items, path)
        fields.setdefault(kind, []).append(values)
        if "label" in arrays:
            labels = arrays["label"].reshape(len(arrays["label"]), -1)
            labels = labels.argmax(1) if labels.shape[1] > 1 else labels[:, 0]
            if len(labels) != len(items):
                raise DataError(f"{path}: {len(items)} items and {len(labels)} labels", "as many of one as of the other", "mend the file")
            fields.setdefault("label", []).append(labels)
        spans[part] = np.arange(start, start + len(items))
        start += len(items)
    try:
        joined = {kind: values[0] if len(values) == 1 else np.concatenate(values) for kind, values in fields.items()}
    except ValueError as error:
        raise DataError(f"{path}: the parts do not fit together ({error})", "the same shape in each part", "mend the file") from None
    if any(len(values) != start for values in joined.values()):
        raise DataError(f"{path}: some parts have labels and some have not", "labels in each part or in none", "add the labels")
    items = joined.get("image", joined.get("array"))
    assert items is not None
    if items.dtype.kind == "f" and not np.isfinite(items).all():
        raise DataError(f"{path}: some values are not finite", "finite numbers", "fill or remove them")
    if classes and "label" in joined and joined["label"].dtype.kind in "ui" and int(joined["label"].max()) < len(classes):
        joined["label"] = np.array(classes)[joined["label"].astype(int)]
    return Dataset(
        name=name,
        path=path,
        fields=joined,
        ids=[f"{part}/{i}" if part else str(i) for part, span in spans.items() for i in range(len(span))],
        keys=content_keys(items),
        parts={part: span for part, span in spans.items() if part},
    )
