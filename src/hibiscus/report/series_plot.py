"""The plot of forecasts after the end of time series, as a PNG file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

__all__ = ["ForecastPanel", "plot_forecasts"]

HISTORY, FORECAST = "#222222", "#b5179e"
HEIGHT, WIDTH = 2.6, 9.0  # of a panel, in inches


@dataclass(frozen=True)
class ForecastPanel:
    """One variable of one series.

    Args:
        title: its name.
        times: of the history, datetime64 or numbers of steps (steps,).
        values: of the history, NaN where one is missing (steps,).
        future: the times of the forecast (horizon,).
        forecast: the forecast (horizon,).
        low: the lower bound of its interval (horizon,); None for none.
        high: the upper bound.
        interval: what the interval is called.
    """

    title: str
    times: np.ndarray
    values: np.ndarray
    future: np.ndarray
    forecast: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    interval: str = ""


def plot_forecasts(path: Path, panels: Sequence[ForecastPanel]) -> None:
    """Draws the end of each history and its forecast, one panel below the other."""
    figure = Figure(figsize=(WIDTH, HEIGHT * len(panels)), dpi=110, layout="constrained")
    for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        axes.plot(panel.times, panel.values, color=HISTORY, linewidth=1.2, label="history")
        joined = np.concatenate([panel.times[-1:], panel.future])
        line = np.concatenate([panel.values[-1:], panel.forecast])
        axes.plot(joined, line, color=FORECAST, linewidth=1.6, label="forecast")
        if panel.low is not None and panel.high is not None:
            axes.fill_between(
                panel.future,
                panel.low,
                panel.high,
                color=FORECAST,
                alpha=0.18,
                linewidth=0,
                label=panel.interval,
            )
        axes.set_title(panel.title, loc="left", fontsize=10)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside upper right", ncols=3, fontsize=8)
    figure.savefig(path)
