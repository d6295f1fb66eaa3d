"""The entry point for all data: the format of a path is detected, and the matching reader opens it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from hibiscus.data.archives import extracted, is_archive
from hibiscus.data.arrays.array_folder import open_array_folder
from hibiscus.data.arrays.assemble import dataset_from_arrays
from hibiscus.data.arrays.idx import is_idx, read_idx
from hibiscus.data.arrays.open import open_arrays
from hibiscus.data.arrays.series_files import holds_series, note_test_file, open_series
from hibiscus.data.boxes.box_reading import BoxReading
from hibiscus.data.boxes.formats import find_boxes
from hibiscus.data.boxes.open import open_boxes
from hibiscus.data.builtin.open import open_bundled
from hibiscus.data.conversions import how_to_convert
from hibiscus.data.dataset import Dataset
from hibiscus.data.files import IMAGE_ENDINGS
from hibiscus.data.image_options import check_image_shape, check_max_bad, note_image_size
from hibiscus.data.images.folder import open_image_folder
from hibiscus.data.in_memory import open_in_memory
from hibiscus.data.label_files import find_label_files, open_label_files
from hibiscus.data.label_reading import read_labels
from hibiscus.data.locations import BUNDLED, existing
from hibiscus.data.masks.folder import open_mask_folder
from hibiscus.data.masks.pairs import find_mask_pairs
from hibiscus.data.named_errors import named_errors
from hibiscus.data.paired import open_pairs
from hibiscus.data.preparation import Preparation
from hibiscus.data.special_files import check_regular
from hibiscus.data.tables.join import join_parts
from hibiscus.data.tables.open import open_table
from hibiscus.data.tables.part_tables import find_part_tables, open_part_tables
from hibiscus.data.tables.read import TABLE_ENDINGS
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.text.folder import holds_texts, is_flat, open_text_folder
from hibiscus.data.text.open import find_part_texts, open_part_texts, open_txt
from hibiscus.data.text.parallel import languages_in, open_parallel
from hibiscus.data.text.txt_kind import TXT_ENDINGS
from hibiscus.data.too_little_memory import names_too_little_memory
from hibiscus.data.unpaired import domain_folders, join_domains, open_domain_folder
from hibiscus.errors import DataError, clip

__all__ = ["TABLE_ENDINGS", "open_data"]

IMAGE_OPTIONS = ("image_size", "channels", "white_level", "max_bad_fraction")
BOX_ENDINGS = (".json", ".jsonl", ".yaml", ".yml", ".xml")
BOX_TABLES = (".csv", ".tsv")
MAX_CODE = 3  # characters of the code of a language, which the name of a file ends with


@names_too_little_memory
def open_data(
    path: Any,
    *,
    target: str | None = None,
    multi_label: bool | None = None,
    label_separator: str | None = None,
    test_data: Any = None,
    target_domain: Any = None,
    pairs: str | None = None,
    image_size: int | Sequence[int] | None = None,
    channels: int | None = None,
    white_level: float | None = None,
    box_edges: Literal["auto", "corners", "xywh", "cxcywh"] = "auto",
    box_units: Literal["auto", "pixels", "fractions", "percent"] = "auto",
    box_orientation: Literal["auto", "upright", "stored"] = "auto",
    max_bad_fraction: float = 0.05,
    trained: Preparation | None = None,
    **table: Any,
) -> Dataset:
    """Opens a dataset of any supported format.

    Args:
        path: a folder of images or texts (one folder per class, or flat; with or without `train`, `val`,
            `test`; or `trainA` and `trainB`, two image domains; or `images` and `masks`; or with bounding
            boxes), a folder of IDX files or of CIFAR's binary batches, a `.npz`, `.npy`, `.mat` or IDX file,
            a file of bounding boxes (COCO JSON, YOLO's `data.yaml`, an export of a tool), a CSV, TSV,
            Parquet, XLSX or JSON Lines table, a folder with `train.csv` and `test.csv`, the name of a bundled
            dataset (`digits`), `hf:owner/name` for the Hugging Face Hub, or `gym:NAME` for an environment; a
            zip or tar archive of such a folder or file; or data in memory, see `open_in_memory`: a DataFrame,
            a pair `(x, y)`, a dictionary of arrays, an array, or a list of PIL images.
        target: for tables, the column to predict.
        multi_label: whether an item has any number of labels; seen from the values by default.
        label_separator: between the labels of a value, or `list` for JSON lists; seen from the values by
            default.
        test_data: the test part, if it is a separate file or folder.
        target_domain: the other image domain, if it is a separate file or folder; all images are resized to
            the larger size of the two.
        pairs: for aligned image pairs, the names of two folders, `INPUT,TARGET`; or `left` or `right`, the
            half of each file that is the input; for translations, two languages, as files end: `en,de`.
        image_size: side in pixels, or `(height, width)`, that images are resized to; detected by default.
        channels: 1 for grayscale or 3 for RGB; detected by default.
        white_level: the value of white in images of more than 8 bits; by default the maximum of the training
            part.
        box_edges: what the four numbers of a bounding box are; inferred by default.
        box_units: their unit; inferred by default.
        box_orientation: whether boxes refer to upright images or to the pixels as stored, which differ for
            images with an EXIF orientation; inferred by default.
        max_bad_fraction: the largest fraction of files, or of bounding boxes, that may be unusable.
        trained: what a run learned, whose readings of text then apply to a table.
        **table: how a table is read: `role`, a dictionary of roles by column, `columns`, `group`, `header`,
            `decimal`, `day_first`, `time_format`, `missing`, `sheet` and `series`, see `TableOptions`; for
            texts, `encoding` and `txt_as`.

    Raises:
        DataError: the data cannot be opened; the message says what was found and expected, and the fix.
    """
    check_max_bad(max_bad_fraction)
    check_image_shape(image_size, channels)
    box_reading = BoxReading(box_edges, box_units, box_orientation)
    image_options = {
        "image_size": image_size,
        "channels": channels,
        "white_level": white_level,
        "max_bad_fraction": max_bad_fraction,
    }
    options: dict[str, Any] = {"target": target, **image_options, "box_reading": box_reading}
    options |= {"reading": TableOptions.of(table), "trained": trained, "pairs": pairs}
    options["mask_names"] = trained["mask"].names if trained is not None and "mask" in trained else ()
    with named_errors(path):
        dataset = _open_one(path, **options)
    if target is not None and "target" not in dataset.roles.values() and not dataset.path.startswith("hf:"):
        raise DataError(
            f"target={target}: {dataset.path} already has labels", "target= only with a table", "omit target"
        )
    if test_data is not None:
        if "image" in dataset.fields:
            shape = dataset.fields["image"].shape
            options.update(image_size=tuple(map(int, shape[1:3])))
            options.update({} if pairs else {"channels": int(shape[3])})  # those of a target may differ
            options.update(dataset.about.get("image", {}), mask_names=dataset.names.get("mask", ()))
        with named_errors(test_data):
            test = _open_one(test_data, like=dataset, **options)
            dataset = join_parts({"train": dataset, "test": test})
    if target_domain is not None:
        with named_errors(target_domain):
            other = _open_one(target_domain, **{**options, "target": None, "pairs": None})
            dataset = join_domains(dataset, other, image_size, channels)
    given = {**{name: options[name] for name in ("target", *image_options)}, **table}
    dataset.options = {name: value for name, value in given.items() if value is not None}
    with named_errors(path):
        note_test_file(dataset)
        note_image_size(dataset, image_size)
        read_labels(dataset, multi_label, label_separator)
    dataset.notes = [clip(note) for note in dataset.notes]
    dataset.skipped = [replace(bad, reason=clip(bad.reason)) for bad in dataset.skipped]
    return dataset


def _open_one(data: Any, like: Dataset | None = None, **options: Any) -> Dataset:
    in_files = isinstance(data, str | os.PathLike) and not _is_name(os.fspath(data))
    on_hub = isinstance(data, str) and data.startswith("hf:")
    if options.get("pairs") is not None and not in_files and not on_hub:
        shown = data if isinstance(data, str) else "data in memory"
        raise DataError(f"{shown}: pairs={options['pairs']}", "a folder of images", "omit pairs")
    if not isinstance(data, str | os.PathLike):
        return open_in_memory(data, like, **options)
    path = os.fspath(data)
    if not path:
        expected = "a folder, a file, or the name of a bundled dataset"
        raise DataError("the path is empty", expected, "hibiscus train classify digits")
    if path in BUNDLED:
        dataset = open_bundled(path)
        if Path(path).exists():
            dataset.notes.append(f"a file or folder named {path} also exists; to open it, write ./{path}")
        return dataset
    if path.startswith("gym:"):
        from hibiscus.data.environments.open import open_environment

        return open_environment(path[4:])
    if path.startswith("hf:"):
        from hibiscus.data.hub import open_hub

        return open_hub(path[3:], options["target"], options["pairs"])
    location = existing(path)
    check_regular(location)
    if location.is_dir():
        return _open_folder(location, **options)
    # A link counts by the name of the file that it leads to.
    file = location.resolve() if location.is_symlink() and not location.suffix else location
    return _open_archive(file, like, **options) if is_archive(file) else _open_file(file, like, **options)


def _is_name(path: str) -> bool:
    """Whether this is the name of bundled data, an environment or a dataset of the Hugging Face Hub."""
    return path in BUNDLED or path.startswith(("gym:", "hf:"))


def _open_archive(file: Path, like: Dataset | None, **options: Any) -> Dataset:
    """Opens the folder, or the only file, in an archive; messages name the archive instead of the cache."""
    inner = extracted(file)

    def plain(text: str) -> str:
        return text.replace(str(inner if inner.is_dir() else inner.parent), str(file))

    try:
        with named_errors(inner):
            dataset = _open_folder(inner, **options) if inner.is_dir() else _open_file(inner, like, **options)
    except DataError as error:
        raise DataError(plain(error.received), plain(error.expected), plain(error.fix)) from None
    dataset.path, dataset.name = str(file), file.name.split(".")[0] or file.name
    dataset.skipped = [
        replace(bad, path=plain(bad.path), reason=plain(bad.reason)) for bad in dataset.skipped
    ]
    dataset.notes = [plain(note) for note in dataset.notes]
    return dataset


def _open_folder(folder: Path, **options: Any) -> Dataset:
    if options.get("pairs") is not None:
        if languages_in(folder, options["pairs"].split(",")):  # then there are no images
            return open_parallel(folder, options["pairs"], options["reading"].encoding)
        return open_pairs(folder, options["pairs"], **_image(options))
    try:
        names = sorted(child.name for child in folder.iterdir())
    except OSError as error:
        received = f"{folder}: cannot be read ({error.strerror})"
        raise DataError(received, "a readable folder", "check its permissions") from None
    if arrays := open_array_folder(folder, names, options["reading"]):
        return arrays
    tables = find_part_tables(folder, names)
    if "train" in tables and find_boxes(folder) is None:
        return open_part_tables(tables, options["target"], **_table(options))
    if holds_texts(folder):
        return open_text_folder(folder, options["max_bad_fraction"], options["reading"].encoding)
    pairs, boxed = find_mask_pairs(folder), find_boxes(folder)
    if boxed:
        return _open_boxes(folder, options, masks=bool(pairs))
    if pairs:
        return open_mask_folder(folder, **_image(options), known=options["mask_names"])
    if domain_folders(folder):
        return open_domain_folder(folder, **_image(options))
    if label_files := find_label_files(folder):
        return open_label_files(folder, label_files, options["target"], **_image(options))
    return _open_texts(folder, names, **options) or open_image_folder(folder, **_image(options))


def _open_texts(folder: Path, names: Sequence[str], **options: Any) -> Dataset | None:
    """Opens a folder of nothing but texts that have no class; None if it is none."""
    if parts := find_part_texts(folder, names):
        dataset = open_part_texts(parts, folder, options["reading"])
        return dataset or open_part_tables(parts, options["target"], **_table(options))
    languages = [name for name in languages_in(folder) if len(name) <= MAX_CODE]
    if len(languages) > 1:
        received = f"{folder}: texts in {' and '.join(languages)}"
        raise DataError(received, "the direction of translation", f"pairs={','.join(languages[:2])}")
    if not is_flat(folder):
        return None
    return open_text_folder(folder, options["max_bad_fraction"], options["reading"].encoding)


def _image(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in IMAGE_OPTIONS}


def _open_boxes(path: Path, options: dict[str, Any], masks: bool = False) -> Dataset:
    return open_boxes(path, masks=masks, box_reading=options["box_reading"], **_image(options))


def _table(options: dict[str, Any]) -> dict[str, Any]:
    return {**_image(options), "options": options["reading"], "trained": options["trained"]}


def _open_file(file: Path, like: Dataset | None, **options: Any) -> Dataset:
    if options.get("pairs") is not None:
        raise DataError(f"{file}: pairs={options['pairs']}", "a folder of images", "omit pairs")
    name = file.name.lower()
    if is_idx(file):
        return dataset_from_arrays(file.stem, str(file), {"": {"image": read_idx(file)}})
    if name.endswith((".npz", ".npy", ".mat")):
        return open_arrays(file, options["white_level"], options["reading"].series)
    if holds_series(file, options["reading"], options["target"], like):
        return open_series(file, options["reading"].series)
    if name.endswith(BOX_TABLES) and options["target"] is None and like is None and find_boxes(file):
        return _open_boxes(file, options)
    if name.endswith(TXT_ENDINGS):
        return open_txt(file, options["target"], **_table(options), like=like)
    if name.endswith(TABLE_ENDINGS):
        return open_table(file, options["target"], **_table(options), like=like)
    if name.endswith(BOX_ENDINGS) and find_boxes(file) is not None:
        return _open_boxes(file, options)
    if name.endswith(tuple(IMAGE_ENDINGS)):
        raise DataError(f"{file}: a single image", "a folder of images", f"pass the folder: {file.parent}")
    raise DataError(
        f"{file}: unknown file type ({file.suffix or 'no file extension'})",
        "a folder, or a file ending in .csv .tsv .parquet .xlsx .jsonl .npz .npy .mat .ts or an IDX name",
        how_to_convert(file) or "rename or convert it",
    )
