"""Splits an opened dataset into parts, and learns the preparation from the training part."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.class_split import class_groups, split_classes
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import PART_NAMES, Dataset
from hibiscus.data.named_errors import named_errors
from hibiscus.data.preparation import (
    BoxPreparation,
    EnvironmentPreparation,
    FactorPreparation,
    ImagePreparation,
    LabelPreparation,
    MaskPreparation,
    Preparation,
    TablePreparation,
)
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.series.series_split import split_series
from hibiscus.data.split import keep_every_class, make_split
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.tables.roles import INPUTS
from hibiscus.data.unpaired import check_domains, split_domains
from hibiscus.errors import ConfigError, DataError
from hibiscus.runs.prepare_arrays import check_scaling, fit_array
from hibiscus.runs.prepare_series import fit_series, refuse_series_options
from hibiscus.runs.prepare_targets import fit_targets
from hibiscus.runs.prepare_texts import check_text_options, fit_text, takes_text
from hibiscus.runs.requirements import check_fields, no_labels
from hibiscus.runs.split_notes import note_split

if TYPE_CHECKING:
    from hibiscus.training.config import TrainingConfig
    from hibiscus.training.method import Method

__all__ = ["fit_preparation", "groups_of", "prepare_parts"]


def fit_preparation(
    dataset: Dataset,
    train: np.ndarray,
    kind: type[Method],
    options: DataConfig,
    config: TrainingConfig | None = None,
) -> Preparation:
    """Learns the shapes, scales and class orders that the method needs from the training items.

    Labels of other parts that match a class of the training part up to a trailing period are noted on the
    dataset.

    Args:
        dataset: the opened data.
        train: the indices of its training part.
        kind: the method class, which states which fields it needs and uses, and the range of pixel values.
        options: how tables are scaled.
        config: the options of the method, on which the default scaling of tables depends.

    Raises:
        DataError: the data lacks what the method needs.
        ConfigError: an option of tokens, or of series, that has no effect.
    """
    with named_errors(dataset.path):
        check_text_options(options, takes_text(dataset, kind))
        if "series" not in kind.needs:
            refuse_series_options(options)
        if options.scaling == "auto":
            from hibiscus.data.prepared import INPUTS as INPUT_FIELDS  # imports PyTorch

            inputs = [name for name in INPUT_FIELDS if name in dataset.fields]
            scaling = config.table_scaling(inputs) if config is not None else "standard"
            options = options.model_copy(update={"scaling": scaling})
        if options.tokens == "auto":
            options = options.model_copy(update={"tokens": "word" if config is None else config.text_tokens})
        return _fit_preparation(dataset, train, kind, options)


def _fit_preparation(
    dataset: Dataset, train: np.ndarray, kind: type[Method], options: DataConfig
) -> Preparation:
    check_fields(dataset, kind)
    fields = _fit_inputs(dataset, train, kind, options)
    if not fields:
        received = f"{dataset.path}: no inputs besides the target"
        raise DataError(received, "at least one other column", "add columns, or check their roles")
    if "domain" in kind.needs:  # in the order of the data: the first is A
        fields["domain"] = LabelPreparation(tuple(dict.fromkeys(_domains(dataset).tolist())))
    fields |= fit_targets(dataset, train, kind)
    if "target_text" in kind.needs:
        fields["target_text"] = fit_text(dataset, train, options, "target_text", True)
    if "mask" in kind.needs:
        fields["mask"] = MaskPreparation.fit(dataset.fields["mask"], dataset.names["mask"], train)
    if "target_image" in kind.needs:
        images = dataset.fields["target_image"]
        half = (0.5,) * images.shape[3]
        target = ImagePreparation.fit(images, rows=train)
        fields["target_image"] = dataclasses.replace(target, mean=half, std=half)
    if "boxes" in kind.needs:
        fields["boxes"] = BoxPreparation.fit(dataset.fields["boxes"], dataset.names["boxes"], train)
    if "factors" in kind.uses and "factors" in dataset.fields:
        fields["factors"] = FactorPreparation.fit(dataset.fields["factors"])
    return Preparation(fields)


def _fit_inputs(
    dataset: Dataset, train: np.ndarray, kind: type[Method], options: DataConfig
) -> dict[str, Any]:
    check_scaling(dataset, options.scaling)
    fields: dict[str, Any] = {}
    if "environment" in dataset.fields:
        fields["environment"] = EnvironmentPreparation.fit(
            dataset.fields["environment"], options.max_episode_steps
        )
    if "image" in dataset.fields:
        fields["image"] = ImagePreparation.fit(dataset.fields["image"], rows=train)
        if {"mask", "boxes"} & dataset.fields.keys():  # not cropped, so that no annotation is lost
            fields["image"] = dataclasses.replace(fields["image"], resize="squash")
        if white_level := dataset.about.get("image", {}).get("white_level"):
            fields["image"] = dataclasses.replace(fields["image"], white_level=white_level)
        if kind.signed_pixels:
            half = (0.5,) * fields["image"].channels
            fields["image"] = dataclasses.replace(fields["image"], mean=half, std=half)
    if "series" in kind.needs:
        fields["series"] = fit_series(dataset, train, options)
    elif takes_text(dataset, kind):
        fields["text"] = fit_text(dataset, train, options, translated="target_text" in kind.needs)
    elif "table" in dataset.fields:
        frame = dataset.fields["table"].iloc[train]
        _check_inputs(dataset)
        fields["table"] = TablePreparation.fit(
            frame, _roles(dataset, options), options.scaling, options.top_words, dataset.readings
        )
        _note_unfamiliar(dataset, train, fields["table"])
    if "array" in dataset.fields:
        fields["array"] = fit_array(dataset, train, kind, options.scaling)
    return fields


def _roles(dataset: Dataset, options: DataConfig) -> dict[str, str]:
    """The roles of the columns; that of the group, which may not have been known when they were read."""
    return {
        name: "group" if name == options.group and role != "target" else role
        for name, role in dataset.roles.items()
    }


def _check_inputs(dataset: Dataset) -> None:
    """Raises DataError if all columns of a table were left out, with the reasons."""
    if dataset.roles and not {*INPUTS, "path"} & set(dataset.roles.values()):
        reasons = "; ".join(note for note in dataset.notes if "left out" in note)
        reasons = f" ({reasons[:600]})" if reasons else ""
        received = f"{dataset.path}: no column to learn from besides the target{reasons}"
        expected = "a column of numbers, categories, texts, times or images"
        raise DataError(received, expected, "role.COLUMN=number, category, text or time uses a column")


def _note_unfamiliar(dataset: Dataset, train: np.ndarray, table: TablePreparation) -> None:
    """Notes on the dataset what other parts hold that the training part does not, and texts without words."""
    wordless = [column.name for column in table.columns if not column.features]
    dataset.notes += [f"column '{name}' gives no features: its texts have no words" for name in wordless]
    others = np.setdiff1d(np.arange(len(dataset)), train)
    notes = table.unfamiliar(dataset.fields["table"].iloc[others]) if len(others) else []
    dataset.notes += [f"outside the training part: {note}" for note in notes]


def _domains(dataset: Dataset) -> np.ndarray:
    """The domain of each item, by name; two classes can serve as two domains.

    Raises:
        DataError: there are not exactly two domains.
    """
    raw = raw_field(dataset, "domain")
    names = as_texts(np.zeros(len(dataset), np.int64) if raw is None else np.asarray(raw)).astype(str)
    check_domains(dataset.path, names)
    return names


def groups_of(dataset: Dataset, options: DataConfig, other_classes: bool = False) -> np.ndarray | None:
    """The group of each item, if the options name a group column or the parts must hold different classes.

    Raises:
        DataError: there is no such column.
    """
    if other_classes or options.split == "class":
        return class_groups(dataset, options.group)
    group = options.group or next((name for name, role in dataset.roles.items() if role == "group"), None)
    if group is None:
        return None
    frame = dataset.fields.get("table")
    if frame is None or group not in frame.columns:
        received = f"{dataset.path}: group={group}: no such column"
        raise DataError(received, "a column of the table", "omit group, or correct its name")
    return frame[group].to_numpy()


def _check_sizes(dataset: Dataset, parts: dict[str, np.ndarray], kind: type[Method] | None) -> None:
    """Raises DataError for a part with fewer items than the method needs in each."""
    for name, items in parts.items():
        if kind is not None and len(items) < kind.min_part_size:
            if "label" in kind.needs and "label" in dataset.fields:
                LabelPreparation.fit(dataset.fields["label"])  # says so if the labels are no classes
            raise DataError(
                f"{dataset.path}: the {PART_NAMES[name]} part has {len(items)} item",
                f"at least {kind.min_part_size} in each part for {kind.name}",
                f"more data, or a larger fraction ({name}=...)" if name != "train" else "more data",
            )


def prepare_parts(
    dataset: Dataset, options: DataConfig, kind: type[Method] | None = None
) -> dict[str, np.ndarray]:
    """The parts of a dataset as specified by the options.

    If a method needs labels, every class is in the training part; if it is evaluated on classes not seen in
    training, no class is in two parts.
    """
    with named_errors(dataset.path):
        return _prepare_parts(dataset, options, kind)


def _prepare_parts(dataset: Dataset, options: DataConfig, kind: type[Method] | None) -> dict[str, np.ndarray]:
    other_classes = kind is not None and kind.parts_hold_other_classes
    if other_classes and "label" not in dataset.fields:
        raise no_labels(dataset)
    if kind is not None and "domain" in kind.needs:
        check_fields(dataset, kind)
        return split_domains(dataset, _domains(dataset), options.split, options.val, options.test)
    if kind is not None and "series" in kind.needs:
        check_fields(dataset, kind)
        return split_series(dataset, options)
    if kind is not None and options.target_domain is not None:
        received = f"target_domain={options.target_domain}"
        raise ConfigError(received, "a method for two image domains, such as cyclegan", "omit target_domain")
    groups = groups_of(dataset, options, other_classes)
    if groups is not None and (other_classes or options.split == "class"):
        return split_classes(dataset, groups, options.val, options.test)
    if groups is not None and options.split in ("stratified", "time"):
        received = f"groups of items and split={options.split}"
        raise ConfigError(received, "one of both", "omit split: groups stay together by default")
    numeric = None if kind is None else "target" in kind.needs
    split = options.split if groups is None else "group"
    parts = make_split(dataset, split, options.val, options.test, groups, numeric)
    needs_labels = (
        kind is not None and "label" in kind.needs and bool({"label", "labels"} & dataset.fields.keys())
    )
    if needs_labels and groups is None and split != "time":
        parts = keep_every_class(dataset, parts)
    note_split(dataset, parts, split, kind is None or needs_labels)
    _check_sizes(dataset, parts, kind)
    return parts
