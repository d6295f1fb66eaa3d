"""Values of JSON files checked by type and range, where they are read; the error names the entry."""

from __future__ import annotations

import functools
import math
import reprlib
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

__all__ = [
    "LARGEST_ITEM",
    "Count",
    "Flag",
    "Names",
    "Number",
    "Positive",
    "Size",
    "Sizes",
    "expect",
    "typed_value",
]

T = TypeVar("T")
LARGEST_ITEM = 2**30  # of one item


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    expect(len(set(names)) == len(names) > 0, "at least one name, and none of them twice")
    return names


def _not_too_many(sizes: tuple[int, ...]) -> tuple[int, ...]:
    expect(len(sizes) > 0, "at least one side")
    expect(math.prod(sizes) <= LARGEST_ITEM, f"at most {LARGEST_ITEM:,} values in one item")
    return sizes


def expect(valid: bool, expected: str) -> None:
    """Raises ValueError with what is expected if it is not so."""
    if not valid:
        raise ValueError(f"expected {expected}")


Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Size = Annotated[int, Field(strict=True, ge=1, le=2**24)]  # of one side of an item
Sizes = Annotated[tuple[Size, ...], AfterValidator(_not_too_many)]  # of all sides of an item
Names = Annotated[tuple[str, ...], AfterValidator(_distinct)]


def typed_value(kind: type[T], value: Any) -> T:
    """A value of a type from the values of a JSON file.

    Args:
        kind: a type that Pydantic knows, such as a dataclass or a TypedDict.
        value: what the file holds.

    Raises:
        ValueError: an entry is missing, of another type or out of its range; the message names it.
    """
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        entry = ".".join(map(str, first["loc"]))
        reason = first["msg"].removeprefix("Value error, ")
        found = "" if first["type"] == "missing" else f", not {reprlib.repr(first['input'])}"
        raise ValueError(f"{entry}: {reason}{found}" if entry else reason) from None


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
