"""Input shapes and option values: parsing and validation, with messages that say how to fix an error.

An input shape has no batch dimension: `(channels, height, width)` is an image, `(features,)` a table row or a
vector, `(steps, features)` a sequence, a `TokenShape` a text, and a tuple of such tuples several inputs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from hibiscus.errors import ConfigError, nearest
from hibiscus.tokens import TokenShape

__all__ = [
    "check_outputs",
    "choice",
    "counts",
    "describe",
    "flat",
    "fraction",
    "image",
    "legal_depth",
    "map_side",
    "pair",
    "sequence",
    "series",
    "shapes_of",
    "single",
    "text",
    "text_option",
    "whole",
]


def shapes_of(input_shape: Any) -> list[tuple[int, ...]]:
    """The shape of every input as a tuple of ints: a list of one for a network with a single input."""
    if not isinstance(input_shape, Sequence) or isinstance(input_shape, str) or len(input_shape) == 0:
        raise _bad_shape(input_shape)
    parts = input_shape if isinstance(input_shape[0], Sequence) else [input_shape]
    try:
        shapes = [
            part if isinstance(part, TokenShape) else tuple(int(side) for side in part) for part in parts
        ]
    except (TypeError, ValueError):
        raise _bad_shape(input_shape) from None
    if any(not 1 <= len(shape) <= 3 or min(shape) < 1 for shape in shapes):
        raise _bad_shape(input_shape)
    return shapes


def _bad_shape(input_shape: Any) -> ConfigError:
    return ConfigError(
        f"input_shape {input_shape!r}",
        "(channels, height, width), (features,) or (steps, features), all at least 1",
        "pass the shape of one item without the batch dimension",
    )


def describe(shape: Sequence[int]) -> str:
    """A description of a shape: `an image of 28x28 pixels with 1 channel`."""
    if isinstance(shape, TokenShape):
        return f"a text of up to {shape.steps} tokens"
    if len(shape) == 3:
        return (
            f"an image of {shape[1]}x{shape[2]} pixels with {shape[0]} channel{'s' if shape[0] > 1 else ''}"
        )
    if len(shape) == 2:
        return f"a sequence of {shape[0]} steps of {shape[1]} values"
    return f"a table or vector of {shape[0]} values"


def single(network: str, input_shape: Any) -> tuple[int, ...]:
    """The shape of a network's one input.

    Raises:
        ConfigError: there are several inputs, which only `ynetwork` accepts.
    """
    shapes = shapes_of(input_shape)
    if len(shapes) > 1:
        received = " and ".join(describe(shape) for shape in shapes)
        raise ConfigError(
            f"{network} was given {received}", "one input", "use net=ynetwork, which has a branch per input"
        )
    return shapes[0]


def image(network: str, input_shape: Any, smallest: int) -> tuple[int, int, int]:
    """The `(channels, height, width)` of an image whose sides are at least `smallest` pixels.

    Raises:
        ConfigError: the input is not an image, or is too small.
    """
    shape = single(network, input_shape)
    expected = f"images (channels, height, width) of at least {smallest}x{smallest} pixels"
    if len(shape) != 3:
        other = "net=mlp" if len(shape) == 1 else "net=lstm or net=mlp"
        raise ConfigError(f"{network} was given {describe(shape)}", expected, f"use {other}")
    if min(shape[1:]) < smallest:
        raise ConfigError(
            f"{network} was given {describe(shape)}",
            expected,
            "use net=mlp, or image_size=32 to enlarge the images",
        )
    return shape[0], shape[1], shape[2]


def sequence(network: str, input_shape: Any) -> tuple[int, int]:
    """The `(steps, features)` of a sequence; an image is `height` steps of `width * channels` values.

    Raises:
        ConfigError: the input is a table, a vector or a text.
    """
    shape = single(network, input_shape)
    if len(shape) == 1 or isinstance(shape, TokenShape):
        expected = "sequences (steps, features) or images (channels, height, width), read row by row"
        raise ConfigError(f"{network} was given {describe(shape)}", expected, "use net=mlp")
    return (shape[1], shape[0] * shape[2]) if len(shape) == 3 else (shape[0], shape[1])


def series(network: str, input_shape: Any) -> tuple[int, int]:
    """The `(steps, features)` of a series.

    Raises:
        ConfigError: the input is something else.
    """
    shape = single(network, input_shape)
    if len(shape) != 2 or isinstance(shape, TokenShape):
        other = {1: "net=mlp", 3: "net=cnn"}.get(len(shape), "net=lstm")
        raise ConfigError(
            f"{network} was given {describe(shape)}", "series (steps, features)", f"use {other}"
        )
    return shape[0], shape[1]


def text(network: str, input_shape: Any) -> TokenShape:
    """The `TokenShape` of a text.

    Raises:
        ConfigError: the input is something else.
    """
    shape = single(network, input_shape)
    if not isinstance(shape, TokenShape):
        other = {1: "net=mlp", 2: "net=lstm"}.get(len(shape), "net=cnn")
        raise ConfigError(f"{network} was given {describe(shape)}", "texts", f"use {other}")
    return shape


def text_option(input_shape: Any, name: str, value: Any, default: Any) -> Any:
    """An option that only texts have: its value, or the default for None.

    Raises:
        ConfigError: it was chosen for something else.
    """
    shape = single("the network", input_shape)
    if value is not None and not isinstance(shape, TokenShape):
        received = f"{name}={value!r} for {describe(shape)}"
        raise ConfigError(received, f"{name} only for texts", f"leave out {name}")
    return default if value is None else value


def flat(network: str, input_shape: Any) -> int:
    """The number of values in one item.

    Raises:
        ConfigError: the input is a text.
    """
    shape = single(network, input_shape)
    if isinstance(shape, TokenShape):
        raise ConfigError(f"{network} was given {describe(shape)}", "numbers", "use net=linear or net=mlp")
    return math.prod(shape)


def check_outputs(outputs: Any) -> int:
    """The number of outputs, an integer of at least 1."""
    return whole("outputs", outputs)


def whole(name: str, value: Any, minimum: int = 1) -> int:
    """An option that is an integer of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise ConfigError(
            f"{name}={value!r}", f"an integer of at least {minimum}", f"for example {name}={max(minimum, 1)}"
        )
    return value


def counts(name: str, value: Any, empty: bool = False) -> tuple[int, ...]:
    """An option that is an integer or a list of integers, as a tuple."""
    row = [value] if isinstance(value, int) else value
    if not isinstance(row, Sequence) or isinstance(row, str) or (len(row) == 0 and not empty):
        raise ConfigError(f"{name}={value!r}", "integers of at least 1", f"for example {name}=[64,64]")
    return tuple(whole(name, number) for number in row)


def pair(name: str, value: Any) -> tuple[int, int]:
    """An option for height and width: one integer for both, or two."""
    row = counts(name, value)
    if len(row) > 2:
        raise ConfigError(
            f"{name}={value!r}",
            "one integer, or two: height and width",
            f"for example {name}=3 or {name}=[3,5]",
        )
    height, width = (*row, *row)[:2]
    return height, width


def fraction(name: str, value: Any) -> float:
    """A dropout rate: the fraction of values that are set to 0, in [0, 1)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ConfigError(
            f"{name}={value!r}", "a number of at least 0 and below 1", f"for example {name}=0.2"
        )
    return float(value)


def choice(name: str, value: Any, known: Iterable[str]) -> str:
    """An option that is one of several names."""
    words = sorted(known)
    if value not in words:
        raise ConfigError(f"{name}={value!r}", f"one of: {', '.join(words)}", nearest(str(value), words))
    return value


def legal_depth(network: str, depth: int, step: int, offset: int) -> int:
    r"""The number of blocks $n$ in a network of `depth = step * n + offset` layers, $n \ge 1$.

    Raises:
        ConfigError: no such $n$; the message names the two nearest depths.
    """
    n, rest = divmod(depth - offset, step)
    if rest == 0 and n >= 1:
        return n
    below, above = step * n + offset, step * (n + 1) + offset
    near = f"{below} or {above}" if n >= 1 else f"{step + offset} or {2 * step + offset}"
    raise ConfigError(
        f"{network} with a depth of {depth}", f"a depth of {step}n+{offset}", f"the nearest depths are {near}"
    )


def map_side(side: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""The side of the output map of a convolution or pooling layer.

        $\lfloor (\text{side} + \text{padding} - \text{dilation} (\text{kernel} - 1) - 1)
        / \text{stride} \rfloor + 1$

    Args:
        side: height or width before.
        kernel: kernel size.
        stride: stride.
        padding: total number of zeros added at both ends.
        dilation: dilation of the kernel.
    """
    return (side + padding - dilation * (kernel - 1) - 1) // stride + 1
