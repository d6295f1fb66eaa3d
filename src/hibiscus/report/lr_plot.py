"""The plot of a learning-rate range test, as a PNG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

__all__ = ["plot_learning_rates"]

MARGIN = 0.15  # of the range of the losses, above the first and below the lowest
COLORS = ("#b5179e", "#4361ee", "#6c757d")


def plot_learning_rates(
    path: Path, rates: Sequence[float], losses: Sequence[float], marks: Mapping[str, float | None]
) -> None:
    """Draws the smoothed loss over the learning rate, on a logarithmic axis.

    Args:
        path: the file.
        rates: the learning rates.
        losses: the smoothed loss at each of them.
        marks: learning rates to be marked, by their names; None is left out.
    """
    figure = Figure(figsize=(7, 4), dpi=130, layout="constrained")
    axes = figure.subplots()
    axes.plot(rates, losses, color="#222222", linewidth=1.5)
    axes.set_xscale("log")
    low, high = min(losses), max(losses[0], min(losses))
    margin = MARGIN * (high - low) or 1.0
    axes.set_ylim(low - margin, high + 3 * margin)  # the divergence at the end would flatten everything else
    for (name, rate), color in zip(marks.items(), COLORS, strict=False):
        if rate is not None:
            axes.axvline(rate, color=color, linewidth=1.2, linestyle="--", label=f"{name}: {rate:.2g}")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("smoothed training loss")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    figure.savefig(path)
