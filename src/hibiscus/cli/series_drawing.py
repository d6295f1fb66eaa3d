"""The image that `predict` writes beside a table of forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hibiscus.cli.console import note, unused

__all__ = ["draw_series"]


def draw_series(
    run: Any, predicted: Mapping[str, Any], inputs: Sequence[str], out: Path, silent: bool
) -> Path:
    """Draws forecasts into a .png of the same name; returns where the table goes.

    Args:
        run: the loaded run.
        predicted: what it predicts.
        inputs: as typed.
        out: the destination as typed; for a .png the table is written as .csv beside it.
        silent: whether to print nothing.

    Raises:
        DataError: the file cannot be written.
    """
    from hibiscus.runs.forecast_drawing import draw_forecasts, is_forecast

    data = run.prepare(inputs)
    if not is_forecast(predicted, data):
        return out
    is_image = out.suffix.lower() == ".png"
    image = out if is_image else unused(out.with_suffix(".png"))
    draw_forecasts(predicted, data, image)
    if not silent:
        note(f"drawn in {image}")
    return unused(out.with_suffix(".csv")) if is_image else out
