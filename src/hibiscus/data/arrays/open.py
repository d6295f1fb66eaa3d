"""Arrays: IDX (the MNIST format), `.npz`, `.npy`, CIFAR's binary batches, MATLAB files such as SVHN's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from hibiscus.data.arrays.array_items import CHANNELS
from hibiscus.data.arrays.assemble import dataset_from_arrays
from hibiscus.data.arrays.idx import read_idx_folder
from hibiscus.data.arrays.mat import read_mat
from hibiscus.data.arrays.npz import PART_WORDS, read_npz
from hibiscus.data.arrays.series_gaps import end_at_lengths
from hibiscus.data.dataset import Dataset
from hibiscus.data.files import read_text
from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError, HibiscusError

__all__ = ["dataset_from_named", "open_arrays", "open_cifar", "open_idx"]

# In lower case, the most specific ones first.
IMAGE_KEYS = (
    *("x", "images", "image", "imgs", "img", "pictures", "photos"),
    *("data", "samples", "features", "inputs", "arr_0"),
)
LABEL_KEYS = ("y", "labels", "label", "targets", "target", "classes", "class", "arr_1")
LENGTH_KEYS = ("lengths", "length")  # the number of steps of each series
MAX_LIST_BYTES = 2**20
READING = 2  # bytes of memory for each byte of an array, which is converted to uint8 or float32
NAME_KEYS = ("classes", "class_names", "label_names", "names")


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
        check_memory(folder, sum(file.stat().st_size for file in files), factor=READING)
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
            lines = read_text(folder / name, MAX_LIST_BYTES).splitlines()
            return [line.strip() for line in lines if line.strip()]
    return None


def _read_file(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a `.npz`, `.npy` or `.mat` file by key. Pickled objects are never read."""
    try:
        if path.suffix.lower() == ".npy":
            return {"x": np.lib.format.open_memmap(path, mode="c")}
        if path.suffix.lower() == ".mat":
            return read_mat(path)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            declared = sum(member.file_size for member in archive.zip.infolist())  # more is never read
            check_memory(path, declared, stored=path.stat().st_size, factor=READING)
            found = read_npz(archive)
            return {key: array for key, array in found.items() if isinstance(array, np.ndarray)}
    except HibiscusError:
        raise
    except Exception as error:  # damaged files raise errors of any type, MemoryError included
        expected = "plain arrays of numbers"
        if "pickle" in str(error) or "Python objects" in str(error):
            received = f"{path}: contains pickled objects, which can run code and are never read"
            fix = "save them again with numpy.savez(path, x=..., y=...), or provide texts as CSV"
            raise DataError(received, expected, fix) from None
        raise DataError(f"{path}: cannot be read ({error})", expected, "download or save it again") from None


def _pick(arrays: dict[str, np.ndarray], names: tuple[str, ...], part: str) -> str | None:
    """The key of an array by its usual names, in any case."""
    known = {key.lower(): key for key in arrays}
    for name in names:
        for word in PART_WORDS.get(part, ("",)):
            for key in (
                (f"{name}_{word}", f"{word}_{name}", f"{name}{word}", f"{word}{name}") if part else (name,)
            ):
                if key in known:
                    return known[key]
    return None


def open_arrays(path: Path, white_level: float | None = None, series: bool | None = None) -> Dataset:
    """Opens a `.npz`, `.npy` or `.mat` file with keys such as `x_train y_train`, `images labels` or `X y`.

    Args:
        path: the file.
        white_level: the value of white in images with values above 255.
        series: whether each item is a series; None to see from the shape.

    Raises:
        DataError: not readable, pickled, or no array that could hold the items.
    """
    arrays = _read_file(path)
    first = _items_first if path.suffix.lower() == ".mat" else None
    return dataset_from_named(arrays, path.stem, str(path), white_level, first, series)


def dataset_from_named(
    arrays: dict[str, np.ndarray],
    name: str,
    path: str,
    white_level: float | None = None,
    items_first: Callable[[dict[str, np.ndarray]], np.ndarray] | None = None,
    series: bool | None = None,
) -> Dataset:
    """A Dataset from arrays that are found by their names, see `open_arrays`.

    Args:
        arrays: by name.
        name: a short name.
        path: for messages.
        white_level: the value of white in images with values above 255.
        items_first: brings the items of a part to the first axis.
        series: whether each item is a series; None to see from the shape.

    Raises:
        DataError: no array that could hold the items.
    """
    listed_key, listed = _class_names(arrays)
    keys: dict[str, dict[str, str]] = {}
    for part in ("train", "val", "test", ""):
        if part == "" and keys:
            break
        items = _pick(arrays, IMAGE_KEYS, part)
        labels = _pick({key: arrays[key] for key in arrays if key != listed_key}, LABEL_KEYS, part)
        if items is not None:
            keys[part] = {"image": items} | ({} if labels is None else {"label": labels})
            if (lengths := _pick(arrays, LENGTH_KEYS, part)) is not None and arrays[items].ndim == 3:
                keys[part]["lengths"] = lengths
    if not keys:
        shapes = ", ".join(f"{key} {value.shape}" for key, value in arrays.items())
        expected, fix = "x and y, or x_train y_train x_test y_test", "save the arrays under these names"
        raise DataError(f"{path}: arrays {shapes}" if shapes else f"{path}: no arrays", expected, fix)
    parts = {part: {name: arrays[key] for name, key in chosen.items()} for part, chosen in keys.items()}
    if items_first is not None:
        parts = {part: {**chosen, "image": items_first(chosen)} for part, chosen in parts.items()}
    for chosen in parts.values():
        if (lengths := chosen.pop("lengths", None)) is not None:
            chosen["image"] = end_at_lengths(chosen["image"], lengths, path)
    dataset = dataset_from_arrays(name, path, parts, listed, white_level, series)
    used = {key for chosen in keys.values() for key in chosen.values()} | {listed_key}
    unused = [f"{key} {arrays[key].shape}" for key in arrays if key not in used]
    if unused:
        dataset.notes.append(f"arrays that were not read: {', '.join(unused[:8])}")
    return dataset


def _class_names(arrays: dict[str, np.ndarray]) -> tuple[str | None, list[str] | None]:
    """The key and the values of an array of class names."""
    for key, values in arrays.items():
        if key.lower() in NAME_KEYS and values.ndim == 1 and values.dtype.kind in "US":
            counts = {len(array) for name, array in arrays.items() if name != key and array.ndim}
            if len(values) not in counts:  # otherwise they are one label for each item
                return key, [str(name) for name in values.astype(str)]
    return None, None


def _items_first(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Images of a MATLAB file with the items along the first axis; SVHN has them along the last."""
    images = arrays["image"]
    if images.ndim != 4:
        return images
    count = arrays["label"].size if "label" in arrays else None
    if count in images.shape[::3] and images.shape[0] != images.shape[3]:
        return np.moveaxis(images, -1, 0) if images.shape[3] == count else images
    return np.moveaxis(images, -1, 0) if images.shape[2] in CHANNELS else images
