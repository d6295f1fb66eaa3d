"""The layers of a network whose outputs are maps, and their activations for given images.

The network is not changed: forward hooks read the output of a layer. A hook passes a copy on, because the
next layer may overwrite its input (`nn.ReLU(inplace=True)`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError, UsageError, nearest

__all__ = [
    "MapLayer",
    "activations",
    "deepest_map_layer",
    "find_layer",
    "last_map_layer",
    "map_layers",
    "spread",
    "watching",
]

MAX_LISTED = 40  # layers in a message
ENCODERS = ("backbone.", "trunk.", "encoder.", "down.")  # parts of networks that end with their deepest map


@dataclass(frozen=True)
class MapLayer:
    """A layer whose output is a map.

    Args:
        name: as in `network.named_modules()`.
        type: the name of its class, such as `Conv2d`.
        shape: (channels, height, width) of its output.
    """

    name: str
    type: str
    shape: tuple[int, int, int]


@contextmanager
def watching(layer: nn.Module, see: Callable[[Tensor], Tensor | None]) -> Iterator[None]:
    """Calls a function with every map that a layer returns while the context is entered.

    Args:
        layer: a module of the network.
        see: gets the output (batch, channels, height, width); what it returns, if anything, replaces the
            output. Compiled networks run uncompiled in the context, since compiled code may skip hooks.
    """

    def hook(_: nn.Module, __: Any, output: Any) -> Any:
        return see(output) if isinstance(output, Tensor) and output.ndim == 4 else None

    handle = layer.register_forward_hook(hook)
    try:
        with torch.compiler.set_stance("force_eager"):
            yield
    finally:
        handle.remove()


def map_layers(network: nn.Module, forward: Callable[[], Any]) -> list[MapLayer]:
    """The layers whose outputs are maps, in the order in which they finish.

    Args:
        network: any network in evaluation mode.
        forward: calls the network with an image.

    Returns:
        Modules in modules included, the inner ones first. A layer that is called several times stands at its
        last call.
    """
    found: dict[str, MapLayer] = {}

    def note(name: str, layer: nn.Module) -> Callable[[Tensor], None]:
        def see(output: Tensor) -> None:
            found.pop(name, None)
            found[name] = MapLayer(name, type(layer).__name__, tuple(output.shape[1:]))  # type: ignore[arg-type]

        return see

    _run(((layer, note(name, layer)) for name, layer in network.named_modules() if name), forward)
    return list(found.values())


def activations(network: nn.Module, names: Sequence[str], forward: Callable[[], Any]) -> dict[str, Tensor]:
    """The outputs of layers, each (batch, channels, height, width).

    Args:
        network: any network in evaluation mode.
        names: of the layers.
        forward: calls the network with images.

    Raises:
        ConfigError: a layer that does not exist or does not return a map.
    """
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[Tensor], None]:
        def see(output: Tensor) -> None:
            found[name] = output.detach().clone()  # before the next layer overwrites it

        return see

    modules = dict(network.named_modules())
    _run(((modules[name], keep(name)) for name in names if name in modules), forward)
    for name in names:
        if name not in found:
            raise _no_map(name, [layer.name for layer in map_layers(network, forward)])
    return {name: found[name] for name in names}


def find_layer(network: nn.Module, name: str, layers: Sequence[MapLayer]) -> nn.Module:
    """The module of a layer whose output is a map.

    Args:
        network: any network.
        name: the name of the layer.
        layers: those of the network, as `map_layers` returns them.

    Raises:
        ConfigError: there is no such layer; the message lists those that there are.
    """
    if name not in [layer.name for layer in layers]:
        raise _no_map(name, [layer.name for layer in layers])
    return network.get_submodule(name)


def deepest_map_layer(layers: Sequence[MapLayer]) -> str:
    """The layer for Grad-CAM and filters: the last map of the encoder, if a part of the network is one.

    The last map of a segmentation network or a detector consists of the scores themselves.

    Raises:
        UsageError: the network has no maps.
    """
    for prefix in ENCODERS:
        encoder = [layer for layer in layers if layer.name.startswith(prefix)]
        if encoder:
            return last_map_layer(encoder)
    return last_map_layer(layers)


def last_map_layer(layers: Sequence[MapLayer]) -> str:
    """The name of the last layer with a map of more than one position, on which Grad-CAM is defined.

    This is the output of the last convolution after its norm and activation; pooling to one position and what
    follows it has no positions to weight.

    Raises:
        UsageError: the network has no maps.
    """
    maps = [layer for layer in layers if layer.shape[1] * layer.shape[2] > 1]
    if not maps:
        raise UsageError(
            "this network has no convolutional layers",
            "a network with maps for activations, filters and Grad-CAM",
            "--kind integrated-gradients,occlusion",
        )
    return maps[-1].name


def spread(layers: Sequence[MapLayer], count: int) -> list[MapLayer]:
    """At most `count` layers that represent the network: the last of each run of layers with equal shapes,
    evenly spaced in depth, the last one included.
    """
    maps = [layer for layer in layers if layer.shape[1] * layer.shape[2] > 1]
    following = [*maps[1:], None]
    ends = [one for one, next_ in zip(maps, following, strict=True) if not next_ or next_.shape != one.shape]
    if len(ends) <= count:
        return ends
    return [ends[round((index + 1) * len(ends) / count) - 1] for index in range(count)]


def _run(watched: Iterable[tuple[nn.Module, Callable[[Tensor], None]]], forward: Callable[[], Any]) -> None:
    """Calls the network once while functions see the outputs of its layers."""
    handles = []

    def hook_of(see: Callable[[Tensor], None]) -> Callable[..., None]:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                see(output)

        return hook

    try:
        for layer, see in watched:
            handles.append(layer.register_forward_hook(hook_of(see)))
        with torch.no_grad(), torch.compiler.set_stance("force_eager"):
            forward()
    finally:
        for handle in handles:
            handle.remove()


def _no_map(name: str, names: Sequence[str]) -> ConfigError:
    shown = ", ".join(names[:MAX_LISTED]) + (f" ... ({len(names)} in all)" if len(names) > MAX_LISTED else "")
    return ConfigError(
        f"layer={name}: no layer of this network that returns a map",
        f"one of: {shown or 'none, since this network has no convolutional layers'}",
        nearest(name, names) if names else "--kind integrated-gradients,occlusion",
    )
