"""Values of JSON files checked by type and range, where they are read; the error names the entry."""

from __future__ import annotations

import functools
import reprlib
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

__all__ = ["Count", "Flag", "Number", "Positive", "typed_value"]

T = TypeVar("T")
Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**63)]


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
