"""What `inspect` found in series, as plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.series.steps import show_time

if TYPE_CHECKING:
    from hibiscus.data.series.time_axis import TimeAxis
    from hibiscus.runs.series_inspection import InspectedSeries, SeriesInspection
    from hibiscus.series.description import SeriesDescription
    from hibiscus.series.stationarity import UnitRootTest

__all__ = ["change_times", "series_summary"]


def series_summary(found: SeriesInspection, ids: list[str]) -> dict[str, Any]:
    """The inspection as plain JSON values.

    Args:
        found: the inspection.
        ids: a readable name for each row of the table.
    """
    return {
        "time": found.column,
        "series": {name: _axis(axis, ids) for name, axis in found.axes.items()},
        "variables": [_variable(one) for one in found.series],
        "variables_in_all": found.count,
        "relations": [vars(one) for one in found.relations],
        "pairs_left_out": found.pairs_left_out,
    }


def change_times(one: InspectedSeries) -> list[str]:
    """When the level of a variable changes: times, or numbers of steps from 1 without times."""
    if one.about is None or one.about.changes is None:
        return []
    offset = int(np.isfinite(one.values).argmax())
    steps = [offset + index for index in one.about.changes.steps]
    return [show_time(one.times[index]) if len(one.times) else f"step {index + 1:,}" for index in steps]


def _axis(axis: TimeAxis, ids: list[str]) -> dict[str, Any]:
    return {
        "step": str(axis.step),
        "rows": len(axis.rows),
        "first": show_time(axis.times[0]) if len(axis.times) else None,
        "last": show_time(axis.times[-1]) if len(axis.times) else None,
        "gaps": [
            {"after": show_time(gap.before), "before": show_time(gap.after), "missing": gap.missing}
            for gap in axis.gaps
        ],
        "duplicates": [[ids[first], ids[second]] for first, second in axis.duplicates],
        "off_grid": [ids[row] for row in axis.off_grid],
        "without_time": [ids[row] for row in axis.without],
        "sorted": axis.sorted,
        "irregular": axis.irregular,
    }


def _variable(one: InspectedSeries) -> dict[str, Any]:
    row: dict[str, Any] = {"name": one.name, "group": one.group, "steps": len(one.values)}
    return row if one.about is None else {**row, **_about(one, one.about)}


def _about(one: InspectedSeries, about: SeriesDescription) -> dict[str, Any]:
    structure, tests, changes = about.structure, about.stationarity, about.changes
    known = one.values[np.isfinite(one.values)]
    return {
        "missing": about.missing,
        "constant": about.constant,
        "min": float(known.min()),
        "max": float(known.max()),
        "mean": float(known.mean()),
        "used": about.used,
        "seasons": [vars(candidate) for candidate in structure.seasons],
        "model": structure.model,
        "trend_strength": structure.trend_strength,
        "seasonal_strength": structure.seasonal_strength,
        "transform": structure.transform,
        "stationarity": None
        if tests is None
        else {
            "verdict": tests.verdict,
            "advice": tests.advice,
            **{name: _test(getattr(tests, name)) for name in ("adf", "kpss", "adf_trend", "kpss_trend")},
        },
        "difference": about.difference,
        "seasonal_difference": about.seasonal_difference,
        "autocorrelation": about.correlations,
        "partial_autocorrelation": about.partial,
        "bound": about.bound,
        "ljung_box": None if about.ljung_box is None else vars(about.ljung_box),
        "changes": None if changes is None else {**vars(changes), "times": change_times(one)},
        "sample_entropy": about.entropy,
        "sample_entropy_of_noise": about.entropy_of_noise,
    }


def _test(test: UnitRootTest) -> dict[str, Any]:
    return {**vars(test), "rejects": test.rejects}
