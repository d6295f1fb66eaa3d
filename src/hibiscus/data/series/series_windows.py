"""Windows of time series: the steps before a forecast, and those to forecast."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.series.grid import SeriesGrid
from hibiscus.data.sources import ShuffledBatches
from hibiscus.errors import DataError

__all__ = ["Windows"]

AT_ONCE = 2**22  # values of a batch without training


class Windows:
    """All windows of a grid; they are views of it, so memory does not grow with their length.

    A batch has `series` (batch, input_length, variables), `target` (batch, horizon, targets), `observed`
    (batch, horizon, targets), whether each target was there, `future` (batch, input_length + horizon,
    features), columns whose future is known, `static` (batch, features), and `origin` (batch,), the cells at
    which the forecasts begin.

    Args:
        grid: the series.
        input_length: the steps before a forecast.
        horizon: the steps to forecast.
        device: of the batches.
        calendar: whether `future` also has the features of the calendar.
    """

    def __init__(
        self,
        grid: SeriesGrid,
        input_length: int,
        horizon: int,
        device: torch.device | None = None,
        calendar: bool = False,
    ):
        self.grid, self.input_length, self.horizon = grid, input_length, horizon
        self.device = device or torch.device("cpu")
        self.future = np.concatenate([grid.future, grid.calendar], axis=1) if calendar else grid.future
        self.static = torch.from_numpy(grid.static)

    def origins(self, part: str, stride: int = 1) -> np.ndarray:
        """The cells at which forecasts begin whose steps all lie in a part, int64 (windows,).

        Args:
            part: the name of the part; the inputs may lie in an earlier one.
            stride: the steps from one origin to the next.

        Raises:
            DataError: the part is too short for a single window.
        """
        grid, cells = self.grid, self.grid.cells_of(part)
        first, last = cells, cells + self.horizon - 1
        inside = last < len(grid)
        first, last = first[inside], last[inside]
        changes = np.cumsum(np.diff(grid.part, prepend=grid.part[:1]) != 0)
        same = changes[first] == changes[last]
        same &= grid.beginning(first) == grid.beginning(last)
        enough = first - grid.beginning(first) >= self.input_length
        observed = self._has_target(first)
        found = first[same & enough & observed][::stride]
        if not len(found):
            received = f"the {PART_NAMES.get(part, part)} part: no window of {self.input_length} steps "
            received += f"before and {self.horizon} after its origin"
            fix = "a shorter input_length or horizon, or a larger part"
            raise DataError(received, "at least one window", fix)
        return found

    def _has_target(self, first: np.ndarray) -> np.ndarray:
        """Whether at least one target of each window was there."""
        known = np.cumsum(np.append(0, self.grid.observed[:, : self.grid.targets].any(axis=1)))
        return known[first + self.horizon] > known[first]

    def source(
        self, part: str, batch_size: int, seed: int, share: tuple[int, int] = (0, 1)
    ) -> ShuffledBatches:
        """Endless shuffled batches of the windows of a part."""
        return self.source_at(self.origins(part), batch_size, seed, share)

    def source_at(
        self, origins: np.ndarray, batch_size: int, seed: int, share: tuple[int, int] = (0, 1)
    ) -> ShuffledBatches:
        """Endless shuffled batches of the windows at some origins."""
        return ShuffledBatches(
            self._fields(), origins - self.input_length, batch_size, seed, self._batch, share=share
        )

    def iterate(self, origins: np.ndarray) -> Iterator[Batch]:
        """The windows at some origins, once and in order."""
        fields, width = self._fields(), sum(values[0].numel() for values in self._fields().values())
        size = max(16, AT_ONCE // max(1, width))
        for start in range(0, len(origins), size):
            chosen = torch.from_numpy(origins[start : start + size] - self.input_length)
            yield self._batch({name: values.index_select(0, chosen) for name, values in fields.items()})

    def _fields(self) -> dict[str, Tensor]:
        """Views of all windows by their first cell, each (windows, steps * columns)."""
        length, ahead = self.input_length + self.horizon, self.grid.observed[self.input_length :]
        arrays = {
            "values": (self.grid.values, length),
            "observed": (np.ascontiguousarray(ahead[:, : self.grid.targets]), self.horizon),
            "future": (self.future, length),
        }
        views = {
            name: torch.from_numpy(values).flatten().unfold(0, steps * values.shape[1], values.shape[1])
            for name, (values, steps) in arrays.items()
            if values.shape[1]
        }
        return {**views, "first": torch.arange(len(self.grid) - length + 1)}

    def _batch(self, raw: dict[str, Tensor], augment: object = None) -> Batch:
        before, count, size = self.input_length, self.grid.targets, len(raw["first"])
        steps = {
            name: values.view(size, self.horizon if name == "observed" else before + self.horizon, -1)
            for name, values in raw.items()
            if name != "first"
        }
        origin = raw["first"] + before
        fields = {
            "series": steps["values"][:, :before].to(self.device),
            "target": steps["values"][:, before:, :count].to(self.device),
            "observed": steps["observed"].to(self.device),
            "origin": origin,
        }
        if "future" in steps:
            fields["future"] = steps["future"].to(self.device)
        if self.static.shape[1]:
            series = self.grid.index.series_of(origin.numpy())
            fields["static"] = self.static[torch.from_numpy(series)].to(self.device)
        return Batch(fields)
