"""Running means of named terms that stay on the device until they are read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor
from typing_extensions import TypedDict

from hibiscus.training.distributed import average
from hibiscus.typed_values import Count, typed_value

__all__ = ["Meter"]


class MeterState(TypedDict):
    """The state of a meter in a checkpoint."""

    sums: dict[str, Annotated[float, Field(strict=True)]]
    counts: dict[str, Count]


class Meter:
    """Sums terms in float64 in order of arrival, so the result does not depend on when they are read."""

    def __init__(self) -> None:
        self._pending: list[tuple[int, tuple[str, ...], list[Tensor]]] = []
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def add(self, terms: Mapping[str, Tensor], round_number: int) -> None:
        """Adds the scalars of one step without reading them."""
        self._pending.append((round_number, tuple(terms), list(terms.values())))

    def read(self) -> tuple[list[tuple[str, float]], tuple[int, str] | None]:
        """Reads the pending terms in one transfer; returns them, and the first that is not finite."""
        if not self._pending:
            return [], None
        numbers = average(
            torch.stack([value.float() for _, _, values in self._pending for value in values])
        ).tolist()
        names = [(round_number, name) for round_number, names, _ in self._pending for name in names]
        self._pending.clear()
        pairs = [(name, number) for (_, name), number in zip(names, numbers, strict=True)]
        self.merge(pairs)
        not_finite = (key for key, number in zip(names, numbers, strict=True) if not math.isfinite(number))
        return pairs, next(not_finite, None)

    def merge(self, values: list[tuple[str, float]]) -> None:
        """Adds values that have been read."""
        for name, value in values:
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def means(self) -> dict[str, float]:
        """The mean of each term."""
        return {name: total / self.counts[name] for name, total in self.sums.items()}

    def clear(self) -> None:
        """Starts over."""
        self.sums, self.counts = {}, {}

    def state(self) -> dict[str, Any]:
        """The sums and counts; all terms have to be read first."""
        return {"sums": self.sums, "counts": self.counts}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` returned."""
        typed_value(MeterState, state)
        self.sums, self.counts = dict(state["sums"]), dict(state["counts"])
