"""From `key=value` words or keyword arguments to checked options, with errors that help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from hibiscus.data.options import DataConfig
from hibiscus.errors import ConfigError, UsageError, nearest
from hibiscus.training.method import TrainingConfig

__all__ = ["build_options", "explain_range", "parse_words", "split_options"]


def parse_words(words: list[str]) -> dict[str, Any]:
    """`["epochs=3", "net.hidden=64,64"]` as `{"epochs": "3", "net.hidden": [64, 64]}`; plain options stay strings for pydantic.

    Raises:
        UsageError: a word without `=`.
    """
    options: dict[str, Any] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise UsageError(f"the word '{word}' is not understood", "options as key=value", "hibiscus train METHOD --help lists them")
        options[key.replace("-", "_")] = _guess(value) if "." in key else (None if value.lower() in ("none", "null") else value)
    return options


def _guess(text: str) -> Any:
    if "," in text:
        return [_guess(part) for part in text.split(",") if part]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def split_options(config_type: type[TrainingConfig], options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the data, and options of the method; `net.NAME` goes into `net_options`.

    Raises:
        ConfigError: a key that neither knows; the message names the nearest.
    """
    data: dict[str, Any] = {}
    method: dict[str, Any] = {}
    for key, value in options.items():
        if key in DataConfig.model_fields:
            data[key] = value
        elif key.startswith("net.") and "net_options" in config_type.model_fields:
            method.setdefault("net_options", {})[key[4:]] = value
        elif key in config_type.model_fields:
            method[key] = {**method.get(key, {}), **value} if isinstance(value, Mapping) else value
        else:
            known = [*config_type.model_fields, *DataConfig.model_fields]
            raise ConfigError(f"there is no option '{key}'", "an option of this method or of its data", nearest(key, known))
    return data, method


def build_options(kind: type[BaseModel], options: Mapping[str, Any]) -> Any:
    """A checked configuration.

    Raises:
        ConfigError: a value out of its range or of another type; the message says which values are allowed.
    """
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "options"
        field = kind.model_fields.get(name)
        expected = f"{first['msg'].removeprefix('Input should be ')} ({field.description})" if field else first["msg"]
        default = f"leave it out for {field.default!r}" if field is not None and not field.is_required() else "give a value"
        raise ConfigError(f"{name}={options.get(name)!r}", expected, default) from None


def explain_range(kind: type[BaseModel], name: str) -> str:
    """The values that a field may have, in a few words: `number > 0`, `sgd | adam`."""
    schema = kind.model_json_schema()["properties"][name]
    options = [schema, *schema.get("anyOf", [])]
    words = []
    for option in options:
        if "enum" in option:
            words.append(" | ".join(str(value) for value in option["enum"]))
        elif "const" in option:
            words.append(str(option["const"]))
        elif "type" in option:
            kind_name = {
                "integer": "whole number",
                "string": "text",
                "boolean": "true | false",
                "null": "none",
                "object": "options",
                "array": "a,b",
            }
            limits = [
                f"{sign} {option[key]:g}"
                for key, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))
                if key in option
            ]
            words.append(" ".join([str(kind_name.get(option["type"], option["type"])), *limits]))
    return ", or ".join(words)
