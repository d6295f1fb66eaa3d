"""Commands that advice names: those of a run once more, with a change."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

__all__ = ["repeated_command"]


def repeated_command(verb: str, info: Mapping[str, Any], *options: str) -> str:
    """A command for the method and data of the run, with the options that it was given."""
    data, target = info["data"].get("path") or "DATA", (info.get("data_options") or {}).get("target")
    given = info.get("argv") or []
    replaced = {option.partition("=")[0] for option in options}
    chosen = [
        word
        for word in (given if given[1:2] == ["train"] else [])
        if re.fullmatch(r"[a-z][\w.]*=.*", word) and word.partition("=")[0] not in replaced
    ]
    if target and f"target={target}" not in chosen:
        chosen = [f"target={target}", *chosen]
    words = ["hibiscus", verb, info.get("method") or "METHOD", data, *chosen, *options]
    return shlex.join(map(str, words))
