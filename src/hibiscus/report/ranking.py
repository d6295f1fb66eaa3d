"""The order of runs by one metric on the validation part: the test part never chooses among runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hibiscus.metrics.catalog import get_metric
from hibiscus.report.curves import history
from hibiscus.report.records import RunRecord

__all__ = ["Ranking", "rank_by_validation"]


@dataclass(frozen=True)
class Ranking:
    """The values by which runs are ranked.

    Args:
        metric: its name without the part; empty if there is none that all runs have.
        higher: whether higher is better.
        values: of each run, at the epoch that was selected for it.
    """

    metric: str
    higher: bool
    values: tuple[float, ...]

    @property
    def order(self) -> list[int]:
        """The positions of the runs, the best first."""
        return sorted(range(len(self.values)), key=self.values.__getitem__, reverse=self.higher)


def rank_by_validation(runs: Sequence[RunRecord]) -> Ranking:
    """One metric for all runs: their selection metric; if they have several, the first that all recorded.

    The selection metric may depend on an option, such as the weight of a loss. A metric then ranks before a
    loss, whose value depends on that option too.
    """
    selected = dict.fromkeys(run.info.selection_metric.name for run in runs)
    for name in sorted(filter(None, selected), key=lambda name: name == "loss"):
        values = tuple(_validation_value(run, name) for run in runs)
        if all(map(math.isfinite, values)):
            known = [run.info.selection_metric.higher_is_better for run in runs
                     if run.info.selection_metric.name == name]  # fmt: skip
            higher = known[0] if known[0] is not None else get_metric(name).higher_is_better
            return Ranking(name, higher is not False, values)
    return Ranking("", True, tuple(math.nan for _ in runs))


def _validation_value(run: RunRecord, name: str) -> float:
    """A metric at the selected epoch of a run; NaN if it was not recorded."""
    if run.info.selection_metric.name == name:
        return run.info.best.value
    series, x_label = history(run)
    epochs, values = series.get(f"val/{name}", ([], []))
    at_epoch = dict(zip(epochs, values, strict=True)) if x_label == "epoch" else {}
    return at_epoch.get(run.info.best.epoch, math.nan)
