"""The architecture of a network as plain values: the function that built it, and its arguments.

A network is built again from these values, without the method, the data or the code of a user: a description
names one of the functions of `BUILDERS` and nothing else. It holds no weights.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from hibiscus.errors import ConfigError, HibiscusError
from hibiscus.tokens import TokenShape

if TYPE_CHECKING:
    from torch import nn

__all__ = ["BUILDERS", "Architecture", "architecture_of", "described", "rebuild"]

BUILDERS = {  # by name; a later version may move a function, but not rename it here
    "network": "registry:build_network",
    "backbone": "backbone:build_backbone",
    "encoder": "vae:build_encoder",
    "unet": "unet:build_unet",
    "trunk": "segmentation:build_trunk",
    "hub": "hub_backbone:build_hub_backbone",
}
LAST_LAYERS = ("outputs", "hidden")  # arguments for layers after the last map, which a base does not have
P = ParamSpec("P")
R = TypeVar("R", bound="nn.Module")


@dataclass(frozen=True)
class Architecture:
    """What a network is built from.

    Args:
        builder: a key of `BUILDERS`.
        arguments: of that function, by name; JSON values.
    """

    builder: str
    arguments: dict[str, Any]


def described(builder: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator for a function of `BUILDERS`: the networks that it returns know their architecture.

    Args:
        builder: the key of the function.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def build(*args: P.args, **kwargs: P.kwargs) -> R:
            network = function(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            network.architecture = Architecture(builder, _arguments(bound, signature))  # type: ignore[assignment]
            return network

        return build

    return decorate


def _arguments(bound: inspect.BoundArguments, signature: inspect.Signature) -> dict[str, Any]:
    """The arguments by name, those in `**options` too, with lists in place of tuples."""
    arguments: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            arguments |= {option: _plain(entry) for option, entry in value.items()}
        else:
            arguments[name] = _plain(value)
    return arguments


def _plain(value: Any) -> Any:
    if isinstance(value, TokenShape):
        return {"steps": value.steps, "vocabulary": value.vocabulary}
    return [_plain(entry) for entry in value] if isinstance(value, tuple | list) else value


def architecture_of(network: nn.Module) -> Architecture | None:
    """What a network was built from; None if no function of `BUILDERS` built it."""
    return getattr(network, "architecture", None)


def rebuild(architecture: Architecture) -> nn.Module:
    """A network of the architecture with random weights, and as few units after its last map as possible.

    Raises:
        ConfigError: an unknown builder, or arguments that it does not take.
    """
    if architecture.builder not in BUILDERS:
        raise ConfigError(
            f"an architecture of kind {architecture.builder!r}",
            f"one of: {', '.join(BUILDERS)}",
            "train again",
        )
    if architecture.builder == "network" and ":" in str(architecture.arguments.get("name", "")):
        received = f"an architecture that is code: {architecture.arguments['name']}"
        raise ConfigError(received, "a network from hibiscus list", "choose another base")
    module, _, name = BUILDERS[architecture.builder].partition(":")
    function = getattr(importlib.import_module(f"hibiscus.networks.{module}"), name)
    arguments = {name: _tuple(value) for name, value in architecture.arguments.items()}
    arguments |= {name: 1 for name in LAST_LAYERS if name in arguments}
    try:
        network = function(**arguments)
    except HibiscusError:
        raise
    except Exception as error:  # arguments that a stranger wrote
        received = f"an architecture that cannot be built ({type(error).__name__}: {error})"
        raise ConfigError(received, f"arguments of {architecture.builder}", "train again") from error
    return network


def _tuple(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"steps", "vocabulary"}:
        return TokenShape(**value)
    return tuple(_tuple(entry) for entry in value) if isinstance(value, list) else value
