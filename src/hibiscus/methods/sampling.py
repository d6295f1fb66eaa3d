"""What methods that make images share: from a network's values to images, a batch at a time, and noise between two draws."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation
from hibiscus.errors import UsageError, nearest

__all__ = ["class_number", "codes_given", "make_images", "noise_between", "number_given", "to_pixels"]

AT_ONCE = 256


def to_pixels(values: Tensor, preparation: ImagePreparation) -> np.ndarray:
    """Prepared values `(items, channels, height, width)` as images uint8 `(items, height, width, channels)`."""
    std, mean = (torch.tensor(numbers, device=values.device).view(1, -1, 1, 1) for numbers in (preparation.std, preparation.mean))
    pixels = (values.float() * std + mean).mul(255).round().clamp(0, 255)
    return pixels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def class_number(label: str | int, classes: Sequence[str]) -> int:
    """The number of a class that is given by its name or, where no class has that name, by its number.

    Raises:
        UsageError: there is no such class.
    """
    word = str(label)
    if word in classes:
        return classes.index(word)
    if word.isdecimal() and int(word) < len(classes):
        return int(word)
    expected = f"a class, or its number from 0 to {len(classes) - 1}"
    raise UsageError(f"label={word}: there is no such class", expected, nearest(word, classes))


@torch.no_grad()
def make_images(
    make: Callable[[Batch], Tensor], count: int, preparation: ImagePreparation, device: torch.device, **conditions: Tensor
) -> np.ndarray:
    """`count` images uint8 `(count, height, width, channels)`, some at a time, for memory.

    Args:
        make: from a batch to as many images as it holds.
        count: how many.
        preparation: from a network's values to pixels.
        device: where they are made.
        **conditions: what each image shall be like, `(count, ...)`; a batch holds its share of it by the same name.
    """
    conditions = {name: values.to(device) for name, values in conditions.items()}
    kind = Batch if _way.get() is None else _Between
    made = []
    for start in range(0, count, AT_ONCE):
        end = min(count, start + AT_ONCE)
        batch = kind(place=torch.empty(end - start, device=device), **{name: values[start:end] for name, values in conditions.items()})
        made.append(to_pixels(make(batch), preparation))
    return np.concatenate(made)


# Not an argument: it would have to pass through the `sample` of every method, and concerns none; `make_images` alone draws noise.
_way: ContextVar[float | None] = ContextVar("_way", default=None)


@contextlib.contextmanager
def noise_between(way: float | None) -> Iterator[None]:
    """While it lasts, `make_images` draws its noise twice and takes what lies so far between the two.

    Normal noise goes along an arc, `cos(angle) first + sin(angle) second`, `angle = way pi / 2`, and so stays standard normal
    all the way; uniform noise goes straight, `(1 - way) first + way second`, and so stays in its range.

    Args:
        way: 0 for the first draw, 1 for the second; None for noise as it is.
    """
    token = _way.set(way)
    try:
        yield
    finally:
        _way.reset(token)


class _Between(Batch):
    """A batch that draws what lies between two draws."""

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        first, second = super()._draw(draw, shape), super()._draw(draw, shape)
        way = _way.get() or 0.0
        if draw is torch.randn:
            return math.cos(way * math.pi / 2) * first + math.sin(way * math.pi / 2) * second
        return (1 - way) * first + way * second


def number_given(name: str, value: Any) -> float:
    """The number that a condition is given as, perhaps as text.

    Raises:
        UsageError: it is no finite number.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{name}={value}", "a number, or a sweep first:last:steps", f"{name}=1.5, or {name}=-2:2:9")
    return number


def codes_given(given: Mapping[str, Any], units: int, *others: str) -> dict[str, float]:
    """What a person wants units of a code to be, by `code1`, `code2` ..., as numbers.

    Args:
        given: by name, perhaps as text.
        units: how many a code has.
        *others: conditions beside codes, which the message names.

    Raises:
        UsageError: there is no such unit, or what it shall be is no number.
    """
    names = [f"code{unit}" for unit in range(1, units + 1)]
    for name in given:
        if name not in names:
            known = ", ".join([*others, names[0] if units == 1 else f"code1 to code{units}", "interpolate"])
            raise UsageError(f"there is no condition '{name}'", f"one of: {known}", "code1=1.5")
    return {name: number_given(name, value) for name, value in given.items()}
