"""From `key=value` words or keyword arguments to checked options, with errors that help."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from hibiscus.data.config import DataConfig
from hibiscus.errors import ConfigError, nearest, similar_words
from hibiscus.runs.foreign_options import VALUES
from hibiscus.runs.option_words import join_roles, resolve_aliases, unknown_option

if TYPE_CHECKING:
    from hibiscus.training.config import TrainingConfig

__all__ = [
    "build_options",
    "check_options",
    "explain_range",
    "split_options",
]

TYPE_NAMES = {
    "integer": "whole number",
    "string": "text",
    "boolean": "true | false",
    "null": "none",
    "object": "options",
    "array": "a,b",
}
LIMITS = (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))


def split_options(
    config_type: type[TrainingConfig], options: Mapping[str, Any], method: str = "METHOD"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the data and of the method; `net.NAME` goes into `net_options`, `role.NAME` into `role`.

    Aliases are resolved.

    Args:
        config_type: the options that the method knows.
        options: as given.
        method: its name, for the message.

    Raises:
        ConfigError: an unknown option; the message names the right one or the nearest.
    """
    data: dict[str, Any] = {}
    chosen: dict[str, Any] = {}
    network: dict[str, Any] = {}
    has_network = "net_options" in config_type.model_fields
    for key, value in join_roles(resolve_aliases(options)).items():
        if key in DataConfig.model_fields:
            data[key] = value
        elif key.startswith("net.") and has_network:
            network[key[4:]] = value
        elif key == "net_options" and has_network:
            if not isinstance(value, Mapping):
                raise ConfigError(
                    f"net_options={value}", "options of the network by name", "write them as net.NAME=VALUE"
                )
            network.update(value)
        elif key in config_type.model_fields:
            chosen[key] = value
        else:
            raise unknown_option(key, {*config_type.model_fields, *DataConfig.model_fields}, method)
    return data, {**chosen, "net_options": network} if network else chosen


def check_options(
    config_type: type[TrainingConfig], options: Mapping[str, Any], method: str = "METHOD"
) -> tuple[Any, DataConfig]:
    """The checked options of a method, and those of its data.

    Raises:
        ConfigError: an unknown option, or a value out of its range.
    """
    data, chosen = split_options(config_type, options, method)
    return build_options(config_type, chosen), build_options(DataConfig, data)


def build_options(kind: type[BaseModel], options: Mapping[str, Any]) -> Any:
    """A checked configuration.

    Raises:
        ConfigError: a value of another type or out of its range; the message says which values are allowed.
    """
    given = {name: _plain(kind, name, value) for name, value in options.items()}
    try:
        built = kind(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "options"
        if name not in kind.model_fields:
            raise ConfigError(
                f"there is no option '{name}'", "a known option", nearest(name, kind.model_fields)
            ) from None
        raise _invalid(kind, name, options.get(name)) from None
    for name, value in built:
        if isinstance(value, float) and not math.isfinite(value):
            raise _invalid(kind, name, value)
    return built


def _plain(kind: type[BaseModel], name: str, value: Any) -> Any:
    """A value as its option takes it: `none` as None, the text of a listed integer as that integer.

    Pydantic converts text to numbers, but not to one of a list of numbers.
    """
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if not isinstance(value, str) or name not in kind.model_fields:
        return value
    members = list(_members(kind, name))
    if value in members:
        return value
    if value.lower() in ("none", "null") and any(s.get("type") == "null" for s in _schemas(kind, name)):
        return None
    numbers = {str(member): member for member in members if isinstance(member, int)}
    return numbers.get(value.strip(), value)


def _members(kind: type[BaseModel], name: str) -> Iterator[Any]:
    """The values of an option that takes one of a list."""
    for schema in _schemas(kind, name):
        yield from (schema["const"],) if "const" in schema else schema.get("enum", ())


def _invalid(kind: type[BaseModel], name: str, value: Any) -> ConfigError:
    field = kind.model_fields[name]
    default = field.get_default(call_default_factory=True)
    members = [str(member) for member in _members(kind, name)]
    right = VALUES.get(name, {}).get(str(value).lower())
    close = similar_words(str(value), members)
    text = (
        f"{default:g}"
        if isinstance(default, float)
        else str(default).lower()
        if isinstance(default, bool)
        else default
    )
    fix = "leave it out" if default is None else f"leave it out for {name}={text}"
    if right in members:
        fix = f"{name}={right} is the nearest"
    elif close:
        fix = f"did you mean {name}={close[0]}?"
    return ConfigError(f"{name}={value}", f"{explain_range(kind, name)} ({field.description})", fix)


def _schemas(kind: type[BaseModel], name: str) -> Iterator[dict[str, Any]]:
    schema = kind.model_json_schema()["properties"][name]
    yield from (schema, *schema.get("anyOf", []))


def explain_range(kind: type[BaseModel], name: str) -> str:
    """The values that an option accepts, in a few words: `number > 0`, `0 <= number < 1`, `sgd | adam`."""
    words = []
    for option in _schemas(kind, name):
        if "enum" in option:
            words.append(" | ".join(str(value) for value in option["enum"]))
        elif "const" in option:
            words.append(str(option["const"]))
        elif "type" in option:
            words.append(_with_limits(str(TYPE_NAMES.get(option["type"], option["type"])), option))
    return ", or ".join(words)


def _with_limits(word: str, option: Mapping[str, Any]) -> str:
    """`number` with its limits: `number >= 0`, `0 <= number < 1`."""
    low, high = [[(sign, option[key]) for key, sign in LIMITS[i : i + 2] if key in option] for i in (0, 2)]
    if low and high:
        return f"{_limit(low[0][1])} {low[0][0].replace('>', '<')} {word} {high[0][0]} {_limit(high[0][1])}"
    return " ".join([word, *(f"{sign} {_limit(limit)}" for sign, limit in low + high)])


def _limit(value: float) -> str:
    return "2**63" if value == 2**63 else f"{value:g}"
