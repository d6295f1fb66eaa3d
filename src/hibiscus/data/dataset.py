"""The Dataset: named fields over the same items, with a stable key for each item."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hibiscus.data.labels import LabelPreparation
from hibiscus.data.tables.columns import LOOSE_MISSING, as_texts
from hibiscus.errors import DataError

__all__ = ["Dataset", "Skipped", "content_keys", "digest", "frame_keys", "remap_classes"]

MAX_CLASSES = 1000  # as many as LabelPreparation takes


def digest(content: bytes) -> int:
    """A 64-bit digest of bytes, the same on every machine (BLAKE2b)."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def content_keys(array: np.ndarray) -> np.ndarray:
    """The digest of every item of an array `(items, ...)`; returns uint64 `(items,)`."""
    rows = np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
    return np.fromiter((digest(row.tobytes()) for row in rows), dtype=np.uint64, count=len(rows))


def frame_keys(frame: Any) -> np.ndarray:
    """The digest of every row of a DataFrame over all its columns, whatever their order and whatever the other rows hold.

    One missing or odd value changes how pandas reads its whole column (1 becomes 1.0 or "1"), so each value is brought
    to one spelling first. Returns uint64 `(rows,)`.
    """
    columns = [_spelled(frame.iloc[:, at]) for at in np.argsort(np.array([str(name) for name in frame.columns]), kind="stable")]
    return np.fromiter((digest("\x1f".join(row).encode()) for row in zip(*columns, strict=True)), np.uint64, len(frame))


def _spelled(column: Any) -> list[str]:
    """The values of a column as strings, equal numbers and equal words for missing in one spelling."""
    texts = as_texts(column).tolist()
    known: dict[Any, str] = {None: ""}
    for text in set(texts) - {None}:
        if text in LOOSE_MISSING:
            known[text] = ""
        elif text.lower() in ("true", "false"):
            known[text] = text.lower()
        else:
            try:
                known[text] = repr(float(text))
            except ValueError:
                known[text] = text
    return [known[text] for text in texts]


def remap_classes(values: np.ndarray, own: tuple[str, ...], wanted: tuple[str, ...]) -> np.ndarray:
    """Masks `(items, height, width)` or boxes `(items, most, 5)` with the numbers that another list gives the same class names.

    Raises:
        DataError: a name that occurs and that the other list has not.
    """
    kinds = values if values.dtype == np.uint8 else values[..., 4]
    numbers = np.unique(np.where(kinds < -1, -2 - kinds, kinds) if kinds.dtype != np.uint8 else kinds)
    used = [int(number) for number in numbers if 0 <= number < len(own)]
    unknown = [own[number] for number in used if own[number] not in wanted]
    if unknown:
        raise DataError(f"classes {', '.join(unknown)}", f"classes of training: {', '.join(wanted)}", "give them the same names")
    table = {number: wanted.index(own[number]) for number in used}
    found = values.copy()
    target = found if values.dtype == np.uint8 else found[..., 4]
    for number, other in table.items():
        target[kinds == number] = other
        if values.dtype != np.uint8:
            target[kinds == -2 - number] = -2 - other
    return found


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used, and why."""

    path: str
    reason: str


@dataclass
class Dataset:
    """What a person pointed at, opened: named fields over the same items, and the parts they came in.

    Args:
        name: a short name, used for run folders.
        path: where it was read from, as the person wrote it.
        fields: `image` uint8 `(items, height, width, channels)`, `table` a DataFrame, `array` float32
            `(items, features)` or `(items, steps, features)`, `label` `(items,)` of names or integers,
            `target` float `(items, columns)`, `domain` `(items,)` of two names, `factors` a structured array `(items,)` of
            whole numbers: what each item is known to be made of, by name; for measuring only; `mask` uint8
            `(items, height, width)`, the class of each pixel, 255 where it is not known; `boxes` float32 `(items, most, 5)`: xmin,
            ymin, xmax, ymax as shares of the image's sides, and a class, -1 where there is no more, for crowds -2 less the class; `size`
            `(items, 2)`, the height and width that images had in their files.
        ids: a readable name for each item (a path inside the folder, a row number).
        keys: uint64 digest of each item's content. Splits go by it, so equal items fall into one part
            and adding an item moves no other.
        parts: the parts that the data came in (`train`, `val`, `test`), as indices; empty where it came whole.
        roles: for tables, what each column is taken for.
        notes: what the person should know about how it was read.
        skipped: files that could not be used.
        names: of the classes that the numbers in `mask` and `boxes` stand for, by field.
        about: what more `inspect` tells of a field, as plain JSON values.
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
    about: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {len(items):,}" for name, items in self.parts.items()) or "one part"
        return f"<Dataset {self.name}: {len(self):,} items; {', '.join(self.describe_fields().values())}; {parts}>"

    @property
    def fingerprint(self) -> str:
        """A digest of all items, their order, names, labels and parts: with the same one, two data sets are the same data."""
        state = hashlib.blake2b(np.ascontiguousarray(self.keys).tobytes(), digest_size=16)
        state.update("\x1f".join(self.ids).encode(errors="surrogateescape"))
        for part, items in sorted(self.parts.items()):
            state.update(part.encode() + np.ascontiguousarray(items, np.int64).tobytes())
        for name in sorted(self.fields):
            state.update(name.encode())
        for name in ("label", "target", "domain"):
            if name in self.fields:
                state.update("\x1f".join(map(str, np.asarray(self.fields[name]).ravel().tolist())).encode())
        for name, known in sorted(self.names.items()):
            state.update("\x1f".join(known).encode() + content_keys(self.fields[name]).tobytes())
        return state.hexdigest()

    def describe_fields(self) -> dict[str, str]:
        """One phrase for each field: its kind, size and range."""
        phrases = {}
        for name, values in self.fields.items():
            if name == "label":
                classes = self.class_counts()
                phrases[name] = f"label: {len(classes)} classes" if classes else f"label: {len(set(as_texts(values)))} different values"
            elif name == "domain":
                phrases[name] = "domains: " + ", ".join(f"{one} {(values == one).sum():,}" for one in dict.fromkeys(values.tolist()))
            elif name == "environment":
                phrases[name] = f"environment: {str(values[0]).rsplit('#', 1)[0]}"
            elif name == "size":
                continue
            elif name in ("mask", "boxes"):
                known = self.names[name]
                count = f"{int((values[..., 4] >= 0).sum()):,} of " if name == "boxes" else ""
                phrases[name] = f"{name}: {count}{len(known)} classes ({', '.join(known[:12])}{' ...' if len(known) > 12 else ''})"
            elif name == "factors":
                phrases[name] = "known factors: " + ", ".join(f"{part} ({len(np.unique(values[part]))})" for part in values.dtype.names)
            elif name == "table":
                phrases[name] = f"table: {len(values.columns)} columns"
            else:
                phrases[name] = f"{name}: {values.dtype} {tuple(values.shape[1:])}"
        return phrases

    def class_counts(self, parts: dict[str, np.ndarray] | None = None) -> dict[str, dict[str, int]]:
        """How many items of each class each part holds; empty where there are no labels, or so many that they are measures.

        A label of another part that is a class of the training part but for a full stop counts as that class.
        """
        if "label" not in self.fields:
            return {}
        labels = as_texts(np.asarray(self.fields["label"])).astype(str)
        if len(set(labels)) > MAX_CLASSES:
            return {}
        parts = parts or self.parts or {"all": np.arange(len(self))}
        if "train" in parts:
            known = LabelPreparation(tuple(np.unique(labels[parts["train"]]).tolist()))
            for text, name in known.match_variants(np.unique(labels)).items():
                labels[labels == text] = name
        counts = {name: dict(zip(*np.unique(labels[items], return_counts=True), strict=True)) for name, items in parts.items()}
        names = sorted(set().union(*counts.values()), key=lambda c: (len(c), c) if c.isdigit() else (99, c))
        return {str(name): {part: int(counts[part].get(name, 0)) for part in counts} for name in names}

    def duplicates(self, parts: dict[str, np.ndarray] | None = None) -> dict[str, int]:
        """How many items of one part stand in another too, by content, as `{"train and test": 3}`."""
        parts = parts or self.parts
        names = list(parts)
        found = {}
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                count = int(np.isin(self.keys[parts[second]], self.keys[parts[first]]).sum())
                if count:
                    found[f"{first} and {second}"] = count
        return found

    def summary(self, parts: dict[str, np.ndarray] | None = None) -> dict[str, Any]:
        """Everything `hibiscus inspect` shows, as plain JSON values."""
        chosen = parts or self.parts
        return {
            "name": self.name,
            "path": self.path,
            "items": len(self),
            "fields": self.describe_fields(),
            "parts": {name: len(items) for name, items in chosen.items()},
            "classes": self.class_counts(chosen),
            "about": self.about,
            "roles": self.roles,
            "duplicates": {"inside": int(len(self) - len(np.unique(self.keys))), "across": self.duplicates(chosen)},
            "notes": self.notes,
            "skipped": [{"path": bad.path, "reason": bad.reason} for bad in self.skipped],
            "fingerprint": self.fingerprint,
        }
