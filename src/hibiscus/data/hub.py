"""Datasets from the Hugging Face Hub, downloaded only when requested as `hf:owner/name` (extra `hub`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.images.ops import to_gray, to_rgb
from hibiscus.data.keys import content_keys, frame_keys
from hibiscus.data.parts import items_by_part
from hibiscus.data.text.corpus import text_dataset
from hibiscus.errors import DataError, MissingExtraError, nearest

__all__ = ["open_hub"]

PARTS = {"train": "train", "validation": "val", "valid": "val", "val": "val", "test": "test"}


def open_hub(name: str, target: str | None = None, pairs: str | None = None) -> Dataset:
    """Opens a dataset by its name on the hub, or a local copy by its path.

    Args:
        name: `owner/name`, or `owner/name:configuration`; a word alone would be one of the readers of
            `datasets` itself, of which some load pickles of the working directory.
        target: the column to predict; by default the column that the dataset marks as class labels.
        pairs: of translations, the languages `SOURCE,TARGET`: columns, or keys of the column `translation`.

    Raises:
        MissingExtraError: the package `datasets` is not installed, or is of a version that runs the scripts
            that come with a dataset.
        DataError: the dataset cannot be loaded, or has no usable columns.
    """
    repository, _, configuration = name.partition(":")
    if "/" not in repository:
        raise DataError(f"hf:{name}: no owner", "hf:owner/name, or a folder", f"hf:OWNER/{repository}")
    datasets = _library()
    try:
        loaded: Any = datasets.load_dataset(repository, configuration or None)
    except Exception as error:
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        expected = "a dataset on the hub, and a network connection"
        raise DataError(f"hf:{name}: cannot be loaded ({message})", expected, "check its name") from None
    parts = {PARTS[part]: rows for part, rows in loaded.items() if part in PARTS} or {
        "": next(iter(loaded.values()))
    }
    if pairs is not None:
        return _translations(name, parts, pairs)
    first = next(iter(parts.values()))
    label = target or next(
        (column for column, kind in first.features.items() if hasattr(kind, "names")), None
    )
    if label is not None and label not in first.features:
        hint = nearest(label, list(first.features))
        raise DataError(f"hf:{name}: no column is named '{label}'", "a column as target", hint)
    parts = {
        part: rows for part, rows in parts.items() if label is None or not _is_unlabeled(rows, label)
    } or parts
    image = next((column for column, kind in first.features.items() if type(kind).__name__ == "Image"), None)
    spans, start = {}, 0
    for part, rows in parts.items():
        spans[part] = np.arange(start, start + len(rows))
        start += len(rows)
    fields = _images(f"hf:{name}", parts, image) if image else _frame(parts, label)
    if label is not None:
        fields["label"] = _labels(parts, first.features[label], label)
    keys = content_keys(fields["image"]) if image else frame_keys(fields["table"])
    roles = {} if image else _roles(fields["table"])
    named_parts = {part: span for part, span in spans.items() if part}
    ids = [str(i) for i in range(start)]
    return Dataset(name.replace("/", "-"), f"hf:{name}", fields, ids, keys, named_parts, roles)


def _translations(name: str, parts: dict[str, Any], pairs: str) -> Dataset:
    """Pairs of texts; those of which one is empty are left out."""
    languages = [language.strip() for language in pairs.split(",")]
    rows: list[tuple[str, str, str]] = []  # part, source, target
    for part, content in parts.items():
        frame = content.to_pandas()
        values = frame["translation"].tolist() if "translation" in frame else frame.to_dict("records")
        known = [*values[0]] if values else []
        if len(languages) != 2 or not set(languages) <= set(known):
            received = f"hf:{name}: pairs={pairs}, and there are {', '.join(map(str, known))}"
            raise DataError(received, "two of them, SOURCE,TARGET", "pairs=en,de")
        texts = [[str(value[language] or "").strip() for language in languages] for value in values]
        rows += [(part, source, target) for source, target in texts if source and target]
    named = items_by_part(np.array([part for part, _, _ in rows]))
    targets = np.array([*(target for _, _, target in rows), None], dtype=object)[:-1]
    dataset = text_dataset(
        name.replace("/", "-"),
        f"hf:{name}",
        [source for _, source, _ in rows],
        [str(index) for index in range(len(rows))],
        column=languages[0],
        parts=named if "train" in named else {},
        fields={"target_text": targets},
    )
    dataset.roles[languages[1]] = "target"
    return dataset


def _library() -> Any:
    """The package `datasets`, in a version that runs no scripts that come with a dataset."""
    try:
        import datasets  # type: ignore[import-not-found]
    except ImportError:
        raise MissingExtraError(
            "hf: requires the package datasets", "the extra hub", "pip install 'hibiscus[hub]'"
        ) from None
    if int(datasets.__version__.split(".")[0]) < 4:
        received = f"hf: with datasets {datasets.__version__}, which can run scripts that come with a dataset"
        raise MissingExtraError(received, "datasets 4 or later", "pip install -U 'hibiscus[hub]'")
    return datasets


def _images(name: str, parts: dict[str, Any], column: str) -> dict[str, Any]:
    images = [np.asarray(row[column].convert("RGB")) for rows in parts.values() for row in rows]
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        raise DataError(
            f"{name}: images of different sizes", "one size", "save them as files and pass the folder"
        )
    stacked = np.stack(images)
    gray = bool((stacked[..., 0] == stacked[..., 1]).all() and (stacked[..., 1] == stacked[..., 2]).all())
    return {"image": np.stack([to_gray(to_rgb(p)) for p in stacked])[..., None] if gray else stacked}


def _frame(parts: dict[str, Any], label: str | None) -> dict[str, Any]:
    import pandas

    frame = pandas.concat([rows.to_pandas() for rows in parts.values()], ignore_index=True)
    return {"table": frame.drop(columns=[label] if label else [])}


def _is_unlabeled(rows: Any, label: str) -> bool:
    """Whether all labels are -1, as in competition test sets."""
    return hasattr(rows.features.get(label), "names") and bool((np.asarray(rows[label]) < 0).all())


def _labels(parts: dict[str, Any], kind: Any, column: str) -> np.ndarray:
    values = np.concatenate([np.asarray(rows[column]) for rows in parts.values()])
    names = getattr(kind, "names", None)
    if names and values.min() < 0:
        fix = "choose another target=COLUMN"
        raise DataError(f"some items have no label in the column '{column}'", "a class for each item", fix)
    return np.array(names)[values] if names else values


def _roles(frame: Any) -> dict[str, str]:
    from hibiscus.data.tables.roles import guess_roles

    return guess_roles(frame, [])
