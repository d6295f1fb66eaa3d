"""Names of bases: values of the option `net` that refer to trained weights of any origin.

    run:RUN               an earlier run
    hub:OWNER/NAME        a model on the Hugging Face Hub
    FILE.safetensors      weights of a known architecture

The published weights, such as `efficientnet-lite0`, have the names of their networks. What these names refer
to is opened once, when a new run begins, and its description is recorded as the network option `base`; a name
with that option is that of a base, and never one of code such as `run:build`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["BASE_OPTION", "has_description", "may_be_code", "names_base"]

BASE_OPTION = "base"
PREFIXES = ("run:", "hub:")
SUFFIX = ".safetensors"


def names_base(name: str) -> bool:
    """Whether a network's name has the form of a base that is to be opened."""
    return name.startswith(PREFIXES) or name.endswith(SUFFIX)


def has_description(name: str, options: Mapping[str, Any]) -> bool:
    """Whether a base with this name was opened, and its description is among the options of the network."""
    return names_base(name) and isinstance(options.get(BASE_OPTION), Mapping)


def may_be_code(name: str, options: Any) -> bool:
    """Whether a name of a network may be `module:function`.

    Args:
        name: of the network.
        options: of the network; anything, if they were read from a file.
    """
    function = name.rpartition(":")[2]
    if ":" not in name or (names_base(name) and not function.isidentifier()):
        return False
    return not (isinstance(options, Mapping) and has_description(name, options))
