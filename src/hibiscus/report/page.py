"""Writes `report.html`, a self-contained page about a run folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hibiscus.errors import RunError
from hibiscus.report.animation import animate, epoch_of
from hibiscus.report.comparison_table import comparison
from hibiscus.report.curves import crossval_panel, panels
from hibiscus.report.formatting import capitalized, metric_label, metric_value, plural, shorten, when
from hibiscus.report.images import BUDGET, Images
from hibiscus.report.load import read_run
from hibiscus.report.panels import gallery_size, report_items
from hibiscus.report.records import RunRecord
from hibiscus.report.run_details import commands, data_summary, setup
from hibiscus.report.verdict import verdict
from hibiscus.temporary_files import replacing

__all__ = ["render", "save", "write_report"]


def write_report(folder: Path) -> Path:
    """Writes `report.html` into a run folder, from the files in that folder alone.

    Missing or incomplete files are named in the report; only `run.json` is required.

    Args:
        folder: a run folder, finished or not.

    Returns:
        The path of the report.

    Raises:
        RunError: when the folder is no run folder, or cannot be written to.
    """
    run = read_run(folder)
    return save(render("report.html", **_content(run)), run.folder / "report.html")


def render(template: str, **content: Any) -> str:
    """Fills one of the package's templates; every text in it is escaped."""
    return _environment().get_template(template).render(**content)


def save(text: str, path: Path) -> Path:
    """Writes a page atomically, by renaming a temporary file.

    Raises:
        RunError: when the file cannot be written.
    """
    try:
        with replacing(path) as file:
            file.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        received = f"{path} cannot be written: {error.strerror or error}"
        raise RunError(
            received, "a writable folder on a disk with free space", "copy the run folder elsewhere"
        ) from error
    return path


def _content(run: RunRecord) -> dict[str, Any]:
    """Everything that the report's template shows."""
    grids = [animated] if (animated := animate(run.samples)) else []
    images = Images(gallery_size(run) + 1, BUDGET - sum(grid["bytes"] for grid in grids))
    grids += [
        last for path in run.samples[-1:] if (last := images.take(path, f"Epoch {epoch_of(path)}, the last."))
    ]
    items = report_items(run, images)
    notices = [*run.notices]
    if images.left_out:
        notices.append(f"{plural(images.left_out, 'image')} left out to keep this page small.")
    if images.unreadable:
        notices.append(f"{plural(images.unreadable, 'image')} missing or unreadable.")
    return {
        "name": shorten(run.name, 80),
        "title": shorten(run.info.title or run.info.method, 60) or "Run",
        "status": run.info.status,
        "started": when(run.info.started),
        "version": shorten(run.info.versions.get("hibiscus", "")),
        "verdict": verdict(run),
        "comparison": comparison(run),
        "curves": panels(run),
        "crossval": crossval_panel(run),
        "report_items": items,
        "grids": grids,
        "advice": [shorten(text, 800) for text in run.evaluation.advice],
        "data": data_summary(run),
        "setup": setup(run),
        "commands": commands(run),
        "notices": notices,
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hibiscus", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    environment.globals["style"] = Markup(style)
    environment.filters.update(
        markup=Markup, metric_value=metric_value, metric_label=metric_label, capitalized=capitalized
    )
    return environment
