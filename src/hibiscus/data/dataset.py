"""The Dataset: named fields over the same items, and a stable key for each item."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hibiscus.data.keys import content_keys
from hibiscus.data.label_sets import count_labels
from hibiscus.data.labels import LabelPreparation, are_measures
from hibiscus.data.tables.columns import as_texts
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = [
    "CROWD",
    "IGNORED",
    "PADDING",
    "PART_NAMES",
    "Dataset",
    "Skipped",
    "check_bad_files",
    "remap_classes",
]

IGNORED = 255  # in masks: the class number of pixels that are of no class
PADDING, CROWD = -1, -2  # in boxes: the class of unused rows; a crowd of class c has CROWD - c
PART_NAMES = {"train": "training", "val": "validation", "test": "test"}  # in messages
MAX_CLASSES = 1000  # the limit of LabelPreparation


def remap_classes(values: np.ndarray, names: tuple[str, ...], target_names: tuple[str, ...]) -> np.ndarray:
    """Masks `(items, height, width)` or boxes `(items, rows, 5)` renumbered to match classes by name.

    Args:
        values: the masks or boxes.
        names: the class names that their numbers stand for now.
        target_names: the class names that the new numbers stand for.

    Raises:
        DataError: a class occurs that `target_names` does not contain.
    """
    numbers = values if values.dtype == np.uint8 else values[..., 4]
    classes = np.unique(
        numbers if numbers.dtype == np.uint8 else np.where(numbers <= CROWD, CROWD - numbers, numbers)
    )
    used = [int(number) for number in classes if 0 <= number < len(names)]
    unknown = [names[number] for number in used if names[number] not in target_names]
    if unknown:
        expected = f"the classes of training: {', '.join(target_names)}"
        raise DataError(f"classes {', '.join(unknown)}", expected, "use the same class names")
    new_number = {number: target_names.index(names[number]) for number in used}
    result = values.copy()
    target = result if values.dtype == np.uint8 else result[..., 4]
    for number, new in new_number.items():
        target[numbers == number] = new
        if values.dtype != np.uint8:
            target[numbers == CROWD - number] = CROWD - new
    return result


@dataclass(frozen=True)
class Skipped:
    """A file or a part of one that could not be used, and the reason.

    Args:
        path: the file.
        reason: why it could not be used, with its name.
        fault: what many have in common, if anything.
        fix: how to solve the problem, if that is known.
    """

    path: str
    reason: str
    fault: str = ""
    fix: str = ""


def check_bad_files(path: str, bad: Sequence[Skipped], total: int, max_bad_fraction: float) -> None:
    """Raises DataError if more than the allowed fraction of the files is unusable, naming the first ones."""
    if len(bad) > max_bad_fraction * total or len(bad) == total:
        reasons = "; ".join(item.reason for item in bad[:3])
        received = f"{path}: {len(bad)} of {total} files cannot be used: {reasons}"
        known = Counter(item.fix for item in bad).most_common(1)[0][0]
        if len(bad) == total:
            raise DataError(received, "usable files", known or "replace the files")
        option = f"max_bad_fraction={math.ceil(100 * len(bad) / total) / 100:g}"
        known = known or "remove or replace them"
        fix = f"{known}, or allow more with {option} (hibiscus inspect lists them all)"
        raise DataError(received, f"at most {max_bad_fraction:.0%} unusable files", fix)


def _boolean_spelling(text: str) -> str:
    """`True` for `true` and `TRUE`, as older versions read them, so that their runs know their data."""
    return text.capitalize() if text in ("true", "TRUE", "false", "FALSE") else text


@dataclass
class Dataset:
    """An opened dataset: named fields over the same items, and the parts that the data came in.

    Args:
        name: a short name, used for run folders.
        path: where the data was read from, as the user wrote it.
        fields: `image` uint8 `(items, height, width, channels)`; `table` a DataFrame; `array` float32
            `(items, features)` or `(items, steps, features)`; `label` `(items,)` of names or integers;
            `labels` `(items,)` of tuples of names, any number of labels for each item;
            `target` float `(items, columns)`; `domain` `(items,)` of two names; `factors` a structured
            integer array `(items,)`, the known factors of variation, used for evaluation only; `mask` uint8
            `(items, height, width)`, the class of each pixel, or `IGNORED`; `boxes` float32 `(items, rows,
            5)`: xmin, ymin, xmax, ymax as fractions of the image's width and height, and the class, which is
            `PADDING` in unused rows and `CROWD` - c for a crowd of class c; `size` `(items, 2)`, the height
            and width of the images in their files; `box_areas` float32 `(items, rows)`, the annotated area of
            the object in each box, as a fraction of the image; `target_image` uint8, the image that belongs
            to each `image`; `target_text` strings `(items,)`, the translation of each text of `table`.
        ids: a readable name for each item (a path inside the folder, a row number).
        keys: a uint64 digest of each item's content. Splits depend on it, so items of equal content end up in
            the same part, and adding an item moves no other.
        parts: the indices of each part that the data came with (`train`, `val`, `test`); empty if it has no
            parts.
        roles: for tables, the role of each column.
        readings: for tables, how each column was read, a `ColumnReading`.
        notes: what the user should know about how the data was read.
        skipped: files that could not be used.
        names: for `mask` and `boxes`, the class names that the numbers stand for.
        about: further information on a field that `inspect` shows, as plain JSON values.
    """

    name: str
    path: str
    fields: dict[str, Any]
    ids: list[str]
    keys: np.ndarray
    parts: dict[str, np.ndarray] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    readings: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {len(items):,}" for name, items in self.parts.items()) or "one part"
        fields = ", ".join(self.describe_fields().values())
        return f"<Dataset {self.name}: {len(self):,} items; {fields}; {parts}>"

    @property
    def fingerprint(self) -> str:
        """A digest of all items, their order, names, labels and parts; equal digests mean equal data."""
        state = hashlib.blake2b(np.ascontiguousarray(self.keys).tobytes(), digest_size=16)
        state.update("\x1f".join(self.ids).encode(errors="surrogateescape"))
        for part, items in sorted(self.parts.items()):
            state.update(part.encode() + np.ascontiguousarray(items, np.int64).tobytes())
        derived = {"box_areas"} | ({"labels"} if "target" in self.fields else set())
        for name in sorted(self.fields.keys() - derived):
            state.update(name.encode())
        for name in ("label", "labels", "target", "domain", "target_text"):
            if name in self.fields:
                values = map(str, np.asarray(self.fields[name]).ravel().tolist())
                state.update("\x1f".join(map(_boolean_spelling, values)).encode())
        for name, known in sorted(self.names.items()):
            state.update("\x1f".join(known).encode() + content_keys(self.fields[name]).tobytes())
        return state.hexdigest()

    def describe_fields(self) -> dict[str, str]:
        """A short description of each field with its type, size and range."""
        return {name: self._describe(name) for name in self.fields if name not in ("size", "box_areas")}

    def _describe(self, name: str) -> str:
        values = self.fields[name]
        if name == "labels":
            mean = sum(map(len, values)) / max(1, len(values))
            return f"labels: {plural(len(count_labels(values, {})), 'label')}, {mean:.1f} for an item"
        if name == "label":
            return self._describe_label()
        if name == "domain":
            counts = {domain: (values == domain).sum() for domain in dict.fromkeys(values.tolist())}
            return "domains: " + ", ".join(f"{domain} {count:,}" for domain, count in counts.items())
        if name == "environment":
            return f"environment: {str(values[0]).rsplit('#', 1)[0]}"
        if name in ("mask", "boxes"):
            classes = self.names[name]
            count = f"{int((values[..., 4] >= 0).sum()):,} of " if name == "boxes" else ""
            more = " ..." if len(classes) > 12 else ""
            several = plural(len(classes), "class", "classes")
            return f"{name}: {count}{several} ({', '.join(classes[:12])}{more})"
        if name == "factors":
            counts = {factor: len(np.unique(values[factor])) for factor in values.dtype.names}
            return "known factors: " + ", ".join(f"{factor} ({count})" for factor, count in counts.items())
        if name == "table":
            return f"table: {plural(len(values.columns), 'column')}"
        if name == "target_text":
            return f"translations: {plural(len(set(values)), 'distinct text')}"
        return f"{name}: {values.dtype} {tuple(values.shape[1:])}"

    def _describe_label(self) -> str:
        if classes := self.class_counts():
            return f"label: {plural(len(classes), 'class', 'classes')}"
        return (
            self._describe_numbers()
            or f"label: {plural(len(set(as_texts(self.fields['label']))), 'distinct value')}"
        )

    def _describe_numbers(self) -> str:
        """The range of the target, if its values are numbers; otherwise an empty string."""
        texts = [text for text in as_texts(self.fields["label"]) if text is not None]
        try:
            numbers = np.array(texts, dtype=np.float64)
        except ValueError:
            return ""
        distinct = plural(len(set(texts)), "distinct number")
        return f"target: {distinct} from {numbers.min():g} to {numbers.max():g}"

    def class_counts(self, parts: dict[str, np.ndarray] | None = None) -> dict[str, dict[str, int]]:
        """The number of items of each class in each part; empty without labels, with too many, or if the
        labels are measured numbers.

        A label that differs from a class of the training part only by a trailing period counts as that class.
        """
        if "labels" in self.fields:
            return count_labels(self.fields["labels"], parts or self.parts or {"all": np.arange(len(self))})
        if "label" not in self.fields:
            return {}
        labels = as_texts(np.asarray(self.fields["label"])).astype(str)
        distinct = set(labels)
        if len(distinct) > MAX_CLASSES or are_measures(distinct, len(labels)):
            return {}
        parts = parts or self.parts or {"all": np.arange(len(self))}
        if "train" in parts:
            known = LabelPreparation(tuple(np.unique(labels[parts["train"]]).tolist()))
            for text, name in known.match_variants(np.unique(labels)).items():
                labels[labels == text] = name
        counts = {
            name: dict(zip(*np.unique(labels[items], return_counts=True), strict=True))
            for name, items in parts.items()
        }
        names = sorted(set().union(*counts.values()), key=lambda c: (len(c), c) if c.isdigit() else (99, c))
        return {str(name): {part: int(counts[part].get(name, 0)) for part in counts} for name in names}

    def duplicates(self, parts: dict[str, np.ndarray] | None = None) -> dict[str, int]:
        """The number of items whose content also occurs in another part, as `{"train and test": 3}`."""
        parts = parts or self.parts
        names = list(parts)
        counts = {}
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                count = int(np.isin(self.keys[parts[second]], self.keys[parts[first]]).sum())
                if count:
                    counts[f"{first} and {second}"] = count
        return counts

    def summary(
        self, parts: dict[str, np.ndarray] | None = None, numeric_target: bool = False
    ) -> dict[str, Any]:
        """Everything that `hibiscus inspect` shows, as plain JSON values.

        Args:
            parts: the indices of each part; by default the parts that the data came with.
            numeric_target: the labels are numbers to be predicted: they have no classes, however few differ.
        """
        chosen, fields = parts or self.parts, self.describe_fields()
        if numeric_target and "label" in fields:
            fields["label"] = self._describe_numbers() or fields["label"]
        return {
            "name": self.name,
            "path": self.path,
            "items": len(self),
            "fields": fields,
            "parts": {name: len(items) for name, items in chosen.items()},
            "classes": {} if numeric_target else self.class_counts(chosen),
            "about": self.about,
            "roles": self.roles,
            "duplicates": {
                "inside": int(len(self) - len(np.unique(self.keys))),
                "across": self.duplicates(chosen),
            },
            "notes": self.notes,
            "skipped": [
                {"path": bad.path, "reason": bad.reason} | ({"fault": bad.fault} if bad.fault else {})
                for bad in self.skipped
            ],
            "fingerprint": self.fingerprint,
        }
