"""The registry of networks by name. `build_network("resnet20", (3, 32, 32), 10)` imports only the module it
needs.

Custom networks are given as a function: `build_network("mypackage.module:build", ...)` calls
`build(input_shape, outputs, **options)`, with the working directory on the import path.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hibiscus.errors import ConfigError, nearest
from hibiscus.networks.architecture import described
from hibiscus.networks.base_names import has_description
from hibiscus.networks.input_shapes import legal_depth

if TYPE_CHECKING:
    from torch import nn

__all__ = ["NetworkInfo", "build_network", "list_networks", "network_options"]


@dataclass(frozen=True)
class Entry:
    """One row of the registry: names that match the pattern are built by the function; named groups become
    options.
    """

    label: str
    pattern: str
    builder: str
    description: str
    fixed: dict[str, Any] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    internal: tuple[str, ...] = ()  # what a method derives from data or other options


# the names of the paper for its networks on CIFAR-10, which need no `-cifar-`
SHORT = r"(?:20|32|44|56|110)(?:-v1)?$|(?:20|29|56|110|164)-v2$"
ENTRIES = (
    Entry("cnn", "cnn", "cnn:build_cnn", "simple convolutional network for small images"),
    Entry(
        "conv1d",
        "conv1d",
        "conv1d:build_conv1d",
        "convolutions over the tokens of a text and their maxima over the text (Kim)",
    ),
    Entry(
        "conv1d-rnn",
        "conv1d-rnn",
        "conv1d:build_conv1d_rnn",
        "a convolution that shortens a text for a recurrent layer; for long texts",
    ),
    Entry(
        "conv4", "conv4", "conv4:build_conv4", "four small convolution blocks, the encoder of few-shot papers"
    ),
    Entry(
        "densenet-bc-<depth>-<growth>",
        r"densenet-bc-(?P<depth>\d+)-(?P<growth>\d+)",
        "densenet:build_densenet",
        "densely connected network, depth 6n+4",
        examples=("densenet-bc-40-12", "densenet-bc-100-12"),
    ),
    Entry(
        "efficientnet-lite0",
        "efficientnet-lite0",
        "efficientnet:build_efficientnet",
        "inverted residual blocks for photos, fast on any processor; there are published weights",
    ),
    Entry(
        "embedding-bag",
        "embedding-bag",
        "embedding_bag:build_embedding_bag",
        "the mean of the trained vectors of the tokens of a text, the fastest",
    ),
    Entry(
        "gru",
        "gru",
        "recurrent:build_recurrent",
        "gated recurrent unit for sequences and texts; 128 units",
        {"cell": "gru"},
    ),
    Entry(
        "inception-time",
        "inception-time",
        "inception_time:build_inception_time",
        "convolutions of three lengths side by side, for series",
    ),
    Entry("linear", "linear", "mlp:build_linear", "one linear layer, a baseline"),
    Entry(
        "lstm",
        "lstm",
        "recurrent:build_recurrent",
        "long short-term memory for sequences and texts; 128 units",
        {"cell": "lstm"},
    ),
    Entry("mlp", "mlp", "mlp:build_mlp", "multi-layer perceptron for tables and small data"),
    Entry(
        "realmlp",
        "realmlp",
        "realmlp:build_realmlp",
        "multi-layer perceptron for tables, with embedded columns",
        internal=("members", "columns", "average"),
    ),
    Entry(
        "resnet-cifar-<depth>[-v1|-v2]",
        rf"resnet(?:-cifar-|(?={SHORT}))(?P<depth>\d+)(?:-v(?P<version>[12]))?",
        "resnet:build_resnet",
        "residual network for small images, depth 6n+2 (v1, the default) or 9n+2 (v2, pre-activation); "
        "resnet20, 32, 44, 56 and 110 for short",
        {"version": 1},
        examples=(
            *("resnet20", "resnet32", "resnet44", "resnet56", "resnet110", "resnet56-v2", "resnet164-v2"),
            *("resnet-cifar-20", "resnet-cifar-50", "resnet-cifar-164-v2"),
        ),
    ),
    Entry(
        "resnet<18|34|50|101|152>",
        r"resnet(?P<depth>18|34|50|101|152)",
        "imagenet_resnet:build_imagenet_resnet",
        "residual network for large images, as trained on ImageNet",
        examples=("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    ),
    Entry(
        "rnn",
        "rnn",
        "recurrent:build_recurrent",
        "simple recurrent network for sequences and texts; 256 units",
        {"cell": "rnn"},
    ),
    Entry(
        "rocket",
        "rocket",
        "rocket:build_rocket",
        "a linear layer on thousands of random convolutions, for series; trains in seconds",
    ),
    Entry(
        "sentence",
        "sentence",
        "sentence_network:build_sentence",
        "MiniLM, a sentence encoder with published weights, and a linear layer (extra sentences)",
        internal=("trained_layers",),
    ),
    Entry(
        "transformer",
        "transformer",
        "transformer_encoder:build_transformer",
        "small Transformer encoder for texts",
    ),
    Entry(
        "vgg<11|13|16|19|f>",
        r"vgg(?P<variant>11|13|16|19|f)",
        "vgg:build_vgg",
        "stacks of 3x3 convolutions with batch norm; vggf is the shallow encoder of IIC",
        examples=("vgg11", "vgg13", "vgg16", "vgg19", "vggf"),
    ),
    Entry(
        "ynetwork",
        "ynetwork",
        "ynetwork:build_ynetwork",
        "branches with different dilations of an image, or one per input, merged",
    ),
)


@dataclass(frozen=True)
class NetworkInfo:
    """A row of `list_networks`: the name or its pattern, a description, and the default options."""

    name: str
    description: str
    options: dict[str, Any]


def list_networks() -> list[NetworkInfo]:
    """Every network by name, with its options and their defaults; all accept `initializer`, None for the
    network's own.
    """
    rows = []
    for entry in ENTRIES:
        taken = {*entry.fixed, *entry.internal, *re.compile(entry.pattern).groupindex}
        options = {name: default for name, default in _options(_builder(entry)).items() if name not in taken}
        rows.append(NetworkInfo(entry.label, entry.description, {**options, "initializer": None}))
    return rows


def network_options(name: str) -> dict[str, Any]:
    """The options of a listed network with their defaults.

    Raises:
        ConfigError: not a listed network.
    """
    entry, named = _find(name)
    taken = {*entry.fixed, *entry.internal, *named}
    return {key: default for key, default in _options(_builder(entry)).items() if key not in taken}


@described("network")
def build_network(
    name: str, input_shape: Any, outputs: int, *, derived: Mapping[str, Any] | None = None, **options: Any
) -> nn.Module:
    """A new network by name, initialized with torch's global generator.

    Args:
        name: a name in `list_networks`, such as `resnet20`, `module.path:function` for a custom network, or
            the name of a base whose description is the option `base`, see `base_names`.
        input_shape: (channels, height, width), (features,), (steps, features), a `TokenShape`, or a
            tuple of such tuples.
        outputs: number of outputs; the network returns (batch, outputs) without softmax.
        derived: further arguments of a listed network, which a method derives from its data and options.
        options: the network's options; each listed network also accepts `initializer`, a name in
            `layers.INITIALIZERS`.

    Raises:
        ConfigError: an unknown name or option, an invalid depth, a shape that the network does not accept, or
            a custom function that is missing, that its module does not define, or that does not return an
            `nn.Module`.

    Example:
        build_network("resnet20", (3, 32, 32), 10, width=2.0)
    """
    if has_description(name, options):
        from hibiscus.networks.base_classifier import build_base_classifier

        return build_base_classifier(name, input_shape, outputs, options)
    if ":" in name:
        from hibiscus.networks.custom import build_custom

        return build_custom(name, input_shape, outputs, options)
    entry, named = _find(name)
    builder = _builder(entry)
    initializer = options.pop("initializer", None)
    taken = {**entry.fixed, **named}
    hidden = {*taken, *entry.internal}
    known = [option for option in _options(builder) if option not in hidden] + ["initializer"]
    for option in options:
        if option not in known:
            raise ConfigError(
                f"{name} has no option {option!r}",
                f"one of: {', '.join(sorted(known))}",
                nearest(option, known),
            )
    network = builder(input_shape, outputs, **taken, **options, **(derived or {}))
    if initializer is not None:
        from hibiscus.networks.layers import initialize

        initialize(network, initializer)
    return network


def _find(name: str) -> tuple[Entry, dict[str, Any]]:
    for entry in ENTRIES:
        match = re.fullmatch(entry.pattern, name)
        if match:
            groups = {key: value for key, value in match.groupdict().items() if value is not None}
            return entry, {key: value if key == "variant" else int(value) for key, value in groups.items()}
    known = [example for entry in ENTRIES for example in (entry.examples or (entry.label,))]
    fix = nearest(name, known)
    if depth := re.fullmatch(r"resnet-?(\d+)(-v[12])?", name):
        legal_depth(name, int(depth[1]), 9 if depth[2] == "-v2" else 6, 2)  # names the nearest depths
        fix = f"net=resnet-cifar-{depth[1]}{depth[2] or ''}, for small images"
    raise ConfigError(
        f"unknown network {name!r}",
        f"one of: {', '.join(entry.label for entry in ENTRIES)}; or module.path:function",
        fix,
    )


def _builder(entry: Entry) -> Callable[..., nn.Module]:
    file, function = entry.builder.split(":")
    return getattr(importlib.import_module(f"hibiscus.networks.{file}"), function)


def _options(builder: Callable[..., Any]) -> dict[str, Any]:
    parameters = list(inspect.signature(builder).parameters.values())[2:]
    return {parameter.name: parameter.default for parameter in parameters}
