"""`key=value` words as options under their own names; nothing here imports PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hibiscus.errors import ConfigError, UsageError, nearest, similar_words
from hibiscus.runs.foreign_options import ADVICE, FOREIGN, SEVERAL

__all__ = ["ALIASES", "check_names", "join_roles", "parse_words", "resolve_aliases", "unknown_option"]

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


ROLE = "role."  # and the name of a column, which may have any characters


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
        key = key if key.startswith(ROLE) else key.replace("-", "_")
        if key in options:
            raise UsageError(f"{key}={value}: {key} is given twice", "each option once", "leave one out")
        options[key] = _guess(value) if "." in key and not key.startswith(ROLE) else value
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
        plain = key if key.startswith(ROLE) else key.replace("-", "_")
        name = ALIASES.get(plain, plain)
        if name in resolved:
            raise ConfigError(
                f"{name} is given twice, as {given[name]} and as {key}",
                "each option once",
                f"leave out {plain if plain != name else given[name]}",
            )
        resolved[name], given[name] = value, key
    return resolved


def join_roles(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with those named `role.COLUMN` as one dictionary, `role`."""
    roles = {key[5:]: value for key, value in options.items() if key.startswith(ROLE) and len(key) > 5}
    others = {
        key: value for key, value in options.items() if key[5:] not in roles or not key.startswith(ROLE)
    }
    return {**others, "role": {**dict(others.get("role") or {}), **roles}} if roles else others


def check_names(options: Iterable[str], known: Iterable[str], method: str = "METHOD") -> None:
    """Checks the names of options.

    Args:
        options: as given.
        known: the options of the method and of its data.
        method: its name, for the message.

    Raises:
        ConfigError: an unknown option; the message names the right one or the nearest.
    """
    names = set(known)
    has_network = "net_options" in names
    for key in join_roles(resolve_aliases(dict.fromkeys(options))):
        if key not in names and not (has_network and key.startswith("net.")):
            raise unknown_option(key, names, method)


def unknown_option(key: str, names: Iterable[str], method: str) -> ConfigError:
    """The error for an option that a method and its data do not have."""
    known = [name for name in names if name != "net_options"]
    right = next((name for name in SEVERAL.get(key, ()) if name in known), FOREIGN.get(key))
    if right and (right in known or right == "extend" or (right.startswith("net.") and "net" in known)):
        return ConfigError(f"there is no option '{key}'; use {right}")
    if right == "device":
        return ConfigError(f"there is no option '{key}'; use --device on the command line, device= in Python")
    listed = f"hibiscus train {method} --help lists all"
    fix = f"{nearest(key, known)} ({listed})" if similar_words(key, known) else listed
    return ConfigError(
        f"there is no option '{key}'", "an option of this method or of its data", ADVICE.get(key, fix)
    )
