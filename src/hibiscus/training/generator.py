"""What methods that make pictures share: from a network's values to pictures, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.prepare import ImagePreparation
from hibiscus.errors import UsageError, nearest
from hibiscus.training.player import Batch

__all__ = ["as_pixels", "class_number", "make_pictures"]

AT_ONCE = 256


def as_pixels(values: Tensor, preparation: ImagePreparation) -> np.ndarray:
    """Prepared values `(items, channels, height, width)` as pictures uint8 `(items, height, width, channels)`."""
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
def make_pictures(
    make: Callable[[Batch], Tensor], count: int, preparation: ImagePreparation, device: torch.device, **conditions: Tensor
) -> np.ndarray:
    """`count` pictures uint8 `(count, height, width, channels)`, some at a time, for memory.

    Args:
        make: from a batch to as many pictures as it holds.
        count: how many.
        preparation: from a network's values to pixels.
        device: where they are made.
        **conditions: what each picture shall be like, `(count, ...)`; a batch holds its share of it by the same name.
    """
    conditions = {name: values.to(device) for name, values in conditions.items()}
    made = []
    for start in range(0, count, AT_ONCE):
        end = min(count, start + AT_ONCE)
        batch = Batch(place=torch.empty(end - start, device=device), **{name: values[start:end] for name, values in conditions.items()})
        made.append(as_pixels(make(batch), preparation))
    return np.concatenate(made)
