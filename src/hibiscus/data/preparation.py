r"""Preparations: everything that is computed from data, such as class orders, scales and vocabularies.

It is learned from the training part only, saved with the run as a Preparation, and used unchanged for
validation, test and prediction. Statistics of data are learned nowhere else, so nothing of the test part
leaks into training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.boxes.preparation import BoxPreparation
from hibiscus.data.environments.preparation import EnvironmentPreparation
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.known_factors import FactorPreparation
from hibiscus.data.label_sets import MultiLabelPreparation
from hibiscus.data.labels import LabelNumbering, LabelPreparation
from hibiscus.data.masks.preparation import MaskPreparation
from hibiscus.data.series.preparation import SeriesPreparation
from hibiscus.data.tables.columns import missing_rows
from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.data.targets import TargetPreparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import DataError, RunError, nearest

__all__ = [
    "KINDS",
    "ArrayPreparation",
    "BoxPreparation",
    "EnvironmentPreparation",
    "FactorPreparation",
    "FieldPreparation",
    "ImagePreparation",
    "LabelNumbering",
    "LabelPreparation",
    "MaskPreparation",
    "MultiLabelPreparation",
    "Preparation",
    "SeriesPreparation",
    "TablePreparation",
    "TargetPreparation",
    "TextPreparation",
    "missing_rows",
]

FORMAT = 1


class FieldPreparation(Protocol):
    """The preparation of one field; `kind` identifies the class in the saved file."""

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file, including `kind`."""
        ...

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The saved preparation."""
        ...


KINDS: dict[str, type[FieldPreparation]] = {
    kind.kind: kind
    for kind in (
        ArrayPreparation,
        BoxPreparation,
        EnvironmentPreparation,
        FactorPreparation,
        ImagePreparation,
        LabelNumbering,
        LabelPreparation,
        MaskPreparation,
        MultiLabelPreparation,
        SeriesPreparation,
        TablePreparation,
        TargetPreparation,
        TextPreparation,
    )
}


@dataclass(frozen=True)
class Preparation:
    r"""The preparations of all fields by name; saved with the run.

    Example:
        table, label = TablePreparation.fit(frame.iloc[train], roles), LabelPreparation.fit(income[train])
        learned = Preparation({"table": table, "label": label})
        features, classes = learned["table"].encode(frame), learned["label"].encode(income)
    """

    fields: dict[str, Any]
    file: str = field(default="", compare=False)  # that it was read from, for messages

    def __getitem__(self, name: str) -> Any:
        if name not in self.fields:
            file = f"{self.file}: " if self.file else ""
            received = f"{file}nothing was learned for the field '{name}'"
            raise RunError(received, "a field of the training data", nearest(name, self.fields))
        return self.fields[name]

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "format": FORMAT,
            "fields": {name: learned.to_json() for name, learned in self.fields.items()},
        }

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any], kinds: Mapping[str, type[FieldPreparation]] = KINDS
    ) -> Preparation:
        r"""The saved preparation.

        Raises:
            RunError: written by a newer Hibiscus, of an unknown kind, or damaged.
        """
        expected, fix = (
            f"a preparation of format {FORMAT}",
            "read it with the version of Hibiscus that wrote it",
        )
        damaged = "train again, or restore the file from a copy of the run"
        format = data.get("format") if isinstance(data, Mapping) else None
        if not isinstance(format, int) or not isinstance(data.get("fields"), Mapping):
            raise RunError("the saved preparation is damaged", expected, damaged)
        if format > FORMAT:
            raise RunError(f"the saved preparation has format {format}", expected, fix)
        fields = {}
        for name, saved in data["fields"].items():
            kind = str(saved.get("kind") if isinstance(saved, Mapping) else saved)
            if kind not in kinds:
                received = f"the field '{name}' was prepared as '{kind}'"
                raise RunError(received, f"one of: {', '.join(sorted(kinds))}", fix)
            try:
                fields[name] = kinds[kind].from_json(saved)
            except (ValueError, DataError) as error:
                received = f"the saved preparation of '{name}' is damaged: {error}"
                raise RunError(received, expected, damaged) from error
        return cls(fields)
