"""Arrays: IDX (the MNIST format), `.npz` and `.npy`, CIFAR's binary batches, and MATLAB files such as SVHN's."""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.errors import DataError

__all__ = ["dataset_from_arrays", "is_idx", "open_arrays", "open_cifar", "open_idx", "read_idx"]

IDX_TYPES = {8: np.uint8, 9: np.int8, 11: np.int16, 12: np.int32, 13: np.float32, 14: np.float64}
MAX_BYTES = 2**36
PART_WORDS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}
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
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            zeros, kind, rank = struct.unpack(">HBB", file.read(4))
            if zeros or kind not in IDX_TYPES:
                raise ValueError("it does not begin as IDX does")
            shape = struct.unpack(f">{rank}I", file.read(4 * rank))
            dtype = np.dtype(IDX_TYPES[kind]).newbyteorder(">")
            size = math.prod(shape) * dtype.itemsize
            if size > MAX_BYTES:
                raise ValueError(f"its header promises {size:,} bytes, more than {MAX_BYTES:,}")
            raw = file.read(size + 1)  # never more than promised, however much a small .gz unpacks to
        if len(raw) != size:
            raise ValueError(f"its header promises {size:,} bytes of data, and there are {'more' if len(raw) > size else f'{len(raw):,}'}")
        return np.frombuffer(raw, dtype).reshape(shape).astype(dtype.newbyteorder("="))
    except (EOFError, zlib.error, OSError, ValueError, struct.error) as error:
        raise DataError(f"{path}: cannot be read as IDX ({error})", "a whole IDX file, plain or .gz", "fetch it again") from None


def open_idx(folder: Path) -> Dataset:
    """Opens a folder of IDX files: `train-images…` with `train-labels…`, `t10k-…` or `test-…` beside them.

    Raises:
        DataError: no training images, or images and labels that do not fit together.
    """
    found: dict[tuple[str, str], Path] = {}
    for file in sorted(path for path in folder.iterdir() if is_idx(path)):
        named = re.search(r"(?:^|[-_.])(t10k|test|val)", file.name)
        slot = ("train" if named is None else "val" if named[1] == "val" else "test", "label" if "label" in file.name else "image")
        if slot in found and found[slot].name.removesuffix(".gz") != file.name.removesuffix(".gz"):
            raise DataError(
                f"{folder}: {found[slot].name} and {file.name} are both {slot[0]} {slot[1]}s", "one data set", "a folder for each"
            )
        found.setdefault(slot, file)  # the unpacked one, where both lie there
    for part, kind in (("train", "image"), *((part, "image") for part, kind in found if kind == "label")):
        if (part, kind) not in found:
            raise DataError(f"{folder}: IDX files without {part} images", f"{part}-images-idx3-ubyte(.gz)", f"add the {part} images")
    parts: dict[str, dict[str, np.ndarray]] = {}
    for (part, kind), file in found.items():
        parts.setdefault(part, {})[kind] = read_idx(file)
    order = [part for part in ("train", "val", "test") if part in parts]
    return dataset_from_arrays(folder.resolve().name, str(folder), {part: parts[part] for part in order})


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
        if path.suffix.lower() == ".npy":
            return {"x": np.lib.format.open_memmap(path, mode="c")}
        if path.suffix.lower() == ".mat":
            from scipy.io import loadmat

            with path.open("rb") as file:
                return {key: np.asarray(value) for key, value in loadmat(file).items() if not key.startswith("__")}
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except Exception as error:  # damaged files are met with every kind of error, MemoryError included
        pickled = "pickle" in str(error) or "Python objects" in str(error)
        raise DataError(
            f"{path}: {'holds pickled objects, which can run code and are never read' if pickled else f'cannot be read ({error})'}",
            "plain arrays of numbers",
            "save them again with numpy.savez(path, x=..., y=...), or give texts as CSV" if pickled else "fetch or save it again",
        ) from None


def _pick(arrays: dict[str, np.ndarray], names: tuple[str, ...], part: str) -> np.ndarray | None:
    for name in names:
        for word in PART_WORDS.get(part, ("",)):
            for key in (f"{name}_{word}", f"{word}_{name}", f"{name}{word}", f"{word}{name}") if part else (name,):
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
        if path.suffix.lower() == ".mat" and images.ndim == 4:  # SVHN stores (height, width, channels, items)
            images = np.moveaxis(images, -1, 0)
        parts[""] = {"image": images} | ({} if labels is None else {"label": labels})
    names = arrays.get("classes", arrays.get("class_names"))
    listed = [str(name) for name in names] if names is not None and names.ndim == 1 and names.dtype.kind in "US" else None
    return dataset_from_arrays(path.stem, str(path), parts, listed)


def _as_field(values: np.ndarray, path: str) -> tuple[str, np.ndarray]:
    """The field that an array's type and shape say it is: images, or vectors and series of numbers."""
    if values.dtype.kind not in "uifb":
        raise DataError(f"{path}: items of type {values.dtype}", "numbers", "texts go in a CSV file")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(f"{path}: some values are not finite", "finite numbers", "fill or remove them")
    if values.ndim == 4 and values.shape[-1] not in (1, 3, 4) and values.shape[1] in (1, 3):
        values = values.transpose(0, 2, 3, 1)  # channels first, as PyTorch has them
    if values.dtype == np.uint8 and (values.ndim == 3 or (values.ndim == 4 and values.shape[-1] in (1, 3, 4))):
        images = values[..., None] if values.ndim == 3 else values[..., :3]
        return "image", np.ascontiguousarray(images)
    if values.ndim == 4:
        return "image", _as_bytes(values, path)
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise DataError(f"{path}: some values are too large for float32", "numbers within 3e38", "rescale them")
    return "array", numbers


def _as_bytes(values: np.ndarray, path: str) -> np.ndarray:
    """Images of another type as uint8: from [0, 1], or whole numbers from 0 to 255."""
    low, high = float(values.min()), float(values.max())
    whole = high > 1 and bool((values == np.round(values)).all())
    if low < 0 or high > (255 if whole else 1) or values.shape[-1] not in (1, 3):
        raise DataError(
            f"{path}: 4-D {values.dtype} array {values.shape} with values {low:g} to {high:g}",
            "images (items, height, width, 1 or 3), from 0 to 255 or in [0, 1]",
            "bring them to 0..255 and save them as uint8",
        )
    return np.round(values if whole else values * 255.0).astype(np.uint8)


def _as_answers(labels: np.ndarray, path: str) -> tuple[str, np.ndarray]:
    """Labels as `label` (items,), from one-hot rows if need be; several numbers for each item are a `target`."""
    labels = labels.reshape(len(labels), -1) if labels.ndim else labels.reshape(1, 1)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind not in "uifbU" or (labels.dtype.kind == "f" and not np.isfinite(labels).all()):
        raise DataError(f"{path}: labels of type {labels.dtype}, or not finite", "numbers or names", "fix the labels")
    if labels.shape[1] == 1:
        return "label", labels[:, 0]
    if labels.dtype.kind == "U":
        raise DataError(f"{path}: {labels.shape[1]} names for each item", "one label for each", "keep one column")
    if ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all():
        return "label", labels.argmax(1)
    return "target", labels.astype(np.float64)


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
        if items.ndim not in (2, 3, 4) or items.size == 0:
            raise DataError(f"{path}: an array of shape {items.shape}", "images, vectors or series, (items, ...)", "reshape the array")
        kind, values = _as_field(items, path)
        fields.setdefault(kind, []).append(values)
        if "label" in arrays:
            kind, labels = _as_answers(arrays["label"], path)
            if len(labels) != len(items):
                raise DataError(f"{path}: {len(items)} items and {len(labels)} labels", "as many of one as of the other", "fix the file")
            fields.setdefault(kind, []).append(labels)
        spans[part] = np.arange(start, start + len(items))
        start += len(items)
    try:
        joined = {kind: values[0] if len(values) == 1 else np.concatenate(values) for kind, values in fields.items()}
    except ValueError as error:
        raise DataError(f"{path}: the parts do not fit together ({error})", "the same shape in each part", "fix the file") from None
    if any(len(values) != start for values in joined.values()):
        raise DataError(f"{path}: the parts hold unlike things ({', '.join(joined)})", "the same in each part", "add the labels")
    labels = joined.get("label")
    if classes and labels is not None and labels.dtype.kind in "ui" and labels.min() >= 0 and labels.max() < len(classes):
        joined["label"] = np.array(classes)[labels.astype(int)]
    return Dataset(
        name=name,
        path=path,
        fields=joined,
        ids=[f"{part}/{i}" if part else str(i) for part, span in spans.items() for i in range(len(span))],
        keys=content_keys(joined["image"] if "image" in joined else joined["array"]),
        parts={part: span for part, span in spans.items() if part},
    )
