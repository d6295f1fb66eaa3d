"""Running means of named terms that stay on the device until they are asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from hibiscus.training.distributed import average

__all__ = ["Meter"]


class Meter:
    """Sums terms in float64 in the order in which they came, so that when they are read changes no bit."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, tuple[str, ...], list[Tensor]]] = []
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def add(self, terms: Mapping[str, Tensor], round_number: int) -> None:
        """Takes scalars of one step without reading them."""
        self._waiting.append((round_number, tuple(terms), list(terms.values())))

    def read(self) -> tuple[list[tuple[str, float]], tuple[int, str] | None]:
        """Reads what waits, in one transfer; returns the values, and round and name of the first that is not finite."""
        if not self._waiting:
            return [], None
        numbers = average(torch.stack([value.float() for _, _, values in self._waiting for value in values])).tolist()
        names = [(round_number, name) for round_number, names, _ in self._waiting for name in names]
        self._waiting.clear()
        pairs = [(name, number) for (_, name), number in zip(names, numbers, strict=True)]
        self.merge(pairs)
        bad = next((place for place, number in zip(names, numbers, strict=True) if not math.isfinite(number)), None)
        return pairs, bad

    def merge(self, values: list[tuple[str, float]]) -> None:
        """Adds values that were read already."""
        for name, value in values:
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def means(self) -> dict[str, float]:
        """The mean of each term."""
        return {name: total / self.counts[name] for name, total in self.sums.items()}

    def clear(self) -> None:
        """Begins anew."""
        self.sums, self.counts = {}, {}

    def state(self) -> dict[str, Any]:
        """Sums and counts; everything has to be read before."""
        return {"sums": self.sums, "counts": self.counts}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes what `state` gave."""
        self.sums, self.counts = dict(state["sums"]), dict(state["counts"])
