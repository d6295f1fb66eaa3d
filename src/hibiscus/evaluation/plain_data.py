"""The common base of report items: fields of plain data, checked and converted when an item is built."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np

from hibiscus.errors import DataError

__all__ = ["Number", "PlainItem", "expect", "plain_data"]

Number = float | None


class PlainItem:
    """Common base of report items: conversion of the fields to plain data, and to JSON."""

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):  # pyright: ignore[reportArgumentType]
            object.__setattr__(self, name, plain_data(getattr(self, name)))
        self._check()

    def _check(self) -> None:
        """Raises DataError if the fields are inconsistent."""

    def fields_to_json(self) -> dict[str, Any]:
        """The fields for `json.dumps`, those of items within the item as objects."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # pyright: ignore[reportArgumentType]
        return {name: _jsonable(value) for name, value in values.items()}

    def to_json(self) -> dict[str, Any]:
        """The report item with its kind, for `json.dumps`; the inverse of `report_item_from_json`."""
        return {"kind": self.kind} | self.fields_to_json()


def plain_data(value: Any) -> Any:
    """The value as nested tuples of Python values; None for values that are not finite.

    Raises:
        DataError: a value that is neither text nor a number, nor a list of them.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(plain_data(item) for item in value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | PlainItem):
        return value
    raise DataError(
        f"{type(value).__name__} in a report item", "text, numbers, and lists of them", "convert it first"
    )


def expect(valid: bool, title: str, expected: str) -> None:
    """Raises DataError if the fields of the item with this title do not match."""
    if not valid:
        raise DataError(
            f"the fields of the report item {title!r} do not match",
            expected,
            "fix the `evaluate` of the method",
        )


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_jsonable(item) for item in value]
    return value.fields_to_json() if isinstance(value, PlainItem) else value
