"""The image that `predict` writes beside a table of forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.cli.console import note, unused

if TYPE_CHECKING:
    from hibiscus.data.prepared import PreparedData

__all__ = ["draw_series"]


def draw_series(predicted: Mapping[str, Any], data: PreparedData, out: Path, silent: bool) -> Path:
    """Draws forecasts into a .png of the same name; returns where the table goes.

    Args:
        predicted: the forecasts.
        data: the history, as prepared for the run.
        out: the destination as typed; for a .png the table is written as .csv beside it.
        silent: whether to print nothing.

    Raises:
        DataError: the file cannot be written.
    """
    from hibiscus.runs.forecast_drawing import draw_forecasts

    is_image = out.suffix.lower() == ".png"
    image = out if is_image else unused(out.with_suffix(".png"))
    draw_forecasts(predicted, data, image)
    if not silent:
        note(f"drawn in {image}")
    return unused(out.with_suffix(".csv")) if is_image else out
