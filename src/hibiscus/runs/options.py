"""From `key=value` words or keyword arguments to checked options, with errors that help."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from hibiscus.data.config import DataConfig
from hibiscus.errors import ConfigError, UsageError, nearest, similar_words
from hibiscus.runs.foreign_options import FOREIGN
from hibiscus.training.config import TrainingConfig

__all__ = [
    "ALIASES",
    "build_options",
    "check_options",
    "explain_range",
    "parse_words",
    "resolve_aliases",
    "split_options",
]

ALIASES = {  # accepted wherever options are, and replaced before anything is stored
    "bs": "batch_size",
    "discount": "gamma",
    "ema": "ema_decay",
    "grad_clip": "clip_grad_norm",
    "lr": "learning_rate",
    "optimiser": "optimizer",
    "scheduler": "schedule",
    "wd": "weight_decay",
}
TYPE_NAMES = {
    "integer": "whole number",
    "string": "text",
    "boolean": "true | false",
    "null": "none",
    "object": "options",
    "array": "a,b",
}
LIMITS = (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))


def parse_words(words: list[str]) -> dict[str, Any]:
    """`["epochs=3", "net.hidden=64,64"]` as `{"epochs": "3", "net.hidden": [64, 64]}`.

    Options of the network are converted; others stay strings, which pydantic converts.

    Raises:
        UsageError: a word without `=`, or an option that is given twice.
    """
    options: dict[str, Any] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise UsageError(
                f"'{word}' is not an option",
                "options as key=value",
                "hibiscus train METHOD --help lists them",
            )
        key = key.replace("-", "_")
        if key in options:
            raise UsageError(f"{key}={value}: {key} is given twice", "each option once", "leave one out")
        options[key] = _guess(value) if "." in key else value
    return options


def _guess(text: str) -> Any:
    if "," in text:
        return [_guess(part) for part in text.split(",") if part]
    for number_type in (int, float):
        try:
            return number_type(text)
        except ValueError:
            continue
    return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def resolve_aliases(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options under their own names, with underscores for hyphens.

    Raises:
        ConfigError: an option is given twice, under its name and under an alias of it.
    """
    resolved: dict[str, Any] = {}
    given: dict[str, str] = {}
    for key, value in options.items():
        plain = key.replace("-", "_")
        name = ALIASES.get(plain, plain)
        if name in resolved:
            raise ConfigError(
                f"{name} is given twice, as {given[name]} and as {key}",
                "each option once",
                f"leave out {plain if plain != name else given[name]}",
            )
        resolved[name], given[name] = value, key
    return resolved


def split_options(
    config_type: type[TrainingConfig], options: Mapping[str, Any], method: str = "METHOD"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the data and of the method; aliases are resolved, and `net.NAME` goes into `net_options`.

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
    for key, value in resolve_aliases(options).items():
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
            raise _unknown_option(key, config_type, method)
    return data, {**chosen, "net_options": network} if network else chosen


def _unknown_option(key: str, config_type: type[TrainingConfig], method: str) -> ConfigError:
    known = [*(name for name in config_type.model_fields if name != "net_options"), *DataConfig.model_fields]
    right = FOREIGN.get(key)
    if right and (right in known or right == "extend" or (right.startswith("net.") and "net" in known)):
        return ConfigError(f"there is no option '{key}'; use {right}")
    if right == "device":
        return ConfigError(f"there is no option '{key}'; use --device on the command line, device= in Python")
    listed = f"hibiscus train {method} --help lists all"
    fix = f"{nearest(key, known)} ({listed})" if similar_words(key, known) else listed
    return ConfigError(f"there is no option '{key}'", "an option of this method or of its data", fix)


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
    close = similar_words(str(value), map(str, _members(kind, name)))
    text = (
        f"{default:g}"
        if isinstance(default, float)
        else str(default).lower()
        if isinstance(default, bool)
        else default
    )
    fix = "leave it out" if default is None else f"leave it out for {name}={text}"
    if close:
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
        return f"{low[0][1]:g} {low[0][0].replace('>', '<')} {word} {high[0][0]} {high[0][1]:g}"
    return " ".join([word, *(f"{sign} {limit:g}" for sign, limit in low + high)])
