"""The files of `hibiscus visualize`: a PNG for each drawing, CSV files for tables, and a page of all."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.images.ops import save_image
from hibiscus.data.tables.formula_guard import guard_formula
from hibiscus.evaluation.attribution.column_attributions import ColumnAttributions
from hibiscus.evaluation.attribution.image_explanations import SIGNED, Heatmap, LayerActivations
from hibiscus.evaluation.draw_bars import draw_bars
from hibiscus.evaluation.draw_heatmaps import draw_grid, draw_heatmap, heat_colors
from hibiscus.plurals import plural
from hibiscus.report.visualization_page import Drawing, PageTable, Section, write_visualization_page
from hibiscus.runs.amounts import amount_text
from hibiscus.runs.destination import writing
from hibiscus.runs.embedding_files import embedding_sections
from hibiscus.runs.token_sections import token_sections
from hibiscus.runs.visualization import Visualization

__all__ = ["PAGE", "checks_of", "write_visualization"]

PAGE = "index.html"
TITLES = {
    "grad-cam": "Grad-CAM",
    "grad-cam++": "Grad-CAM++",
    "integrated-gradients": "Integrated gradients",
    "occlusion": "Occlusion",
}
NOTES = {
    "grad-cam": "Bright: parts of the image that raise the score; as coarse as the map of the layer.",
    "grad-cam++": "As Grad-CAM, with weights that also show several objects or the whole of a large one.",
    "integrated-gradients": "Red pixels raise the score compared with an image of the mean color, blue ones "
    "lower it; they sum to the difference of the scores.",
    "occlusion": "How much the score falls when a gray patch covers this part; blue: it rises.",
    "activations": "The channels with the largest mean, each scaled from its smallest to its largest value.",
    "filters": "Images, computed by gradient ascent, to which these channels respond most.",
}
MAX_BARS = 30  # columns of a table


def write_visualization(shown: Visualization, folder: Path, run: str) -> list[Path]:
    """Writes all drawings and `index.html`.

    Args:
        shown: what was computed.
        folder: a new or empty folder.
        run: the name of the run, for the page.

    Returns:
        The files, the page first.

    Raises:
        DataError: the folder cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    sections = [*_image_sections(shown, folder), *_column_sections(shown, folder)]
    sections += token_sections(shown.tokens, shown.ids, shown.quantity, folder)
    if shown.embedding is not None:
        sections += embedding_sections(shown.embedding, folder)
    files = [drawing.path for section in sections for drawing in section.drawings]
    files += sorted(folder.glob("*.csv"))
    summary = f"Explanations of {plural(len(shown.ids), 'input')}" if shown.ids else "Embeddings"
    summary += f" ({'; '.join(shown.notes)})" if shown.notes else ""
    return [write_visualization_page(folder / PAGE, run, summary, sections), *files]


def checks_of(shown: Visualization) -> list[dict[str, Any]]:
    """The checks of every attribution: input, kind, what is explained, and the numbers."""
    rows = [
        {"input": shown.ids[one.item], "kind": one.kind, "name": one.name, "amount": one.amount, **one.checks}
        for one in shown.heatmaps
    ]
    return rows + [{"kind": one.kind, **one.checks} for one in (*shown.columns, *shown.tokens)]


def _image_sections(shown: Visualization, folder: Path) -> Iterator[Section]:
    assert shown.images is not None or not (shown.heatmaps or shown.activations)
    for item, name in enumerate(shown.ids):
        for kind in dict.fromkeys(one.kind for one in shown.heatmaps):
            found = [one for one in shown.heatmaps if one.kind == kind and one.item == item]
            drawings = [_draw(shown, one, folder) for one in found]
            table = _check_table(found)
            title = f"{TITLES[kind]}: {Path(name).name}"
            yield Section(title, NOTES[kind], drawings, [table] if table else [])
        found = [one for one in shown.activations if one.item == item]
        if found:
            drawings = [_draw_activations(shown, one, folder) for one in found]
            yield Section(f"Activations: {Path(name).name}", NOTES["activations"], drawings)
    if shown.filters is not None:
        filters = shown.filters
        tiles = [image[..., 0] if image.shape[2] == 1 else image for image in filters.images]
        names = [f"channel {channel}" for channel in filters.channels]
        title = f"Layer {filters.layer.name} ({filters.layer.type}), {filters.layer.shape[0]} channels"
        path = _save(draw_grid(tiles, names, title, 4, 168), folder, "filters", filters.layer.name)
        yield Section("Filters", NOTES["filters"], [Drawing(path, title)])


def _draw(shown: Visualization, one: Heatmap, folder: Path) -> Drawing:
    assert shown.images is not None
    what = f"{one.name}, {amount_text(shown.quantity, one.amount)}"
    details = f"layer {one.checks['layer']}" if "layer" in one.checks else ""
    details = f"patch of {one.checks['patch']} pixels" if "patch" in one.checks else details
    caption = [f"{TITLES[one.kind]} · {what}", " · ".join(filter(None, [shown.ids[one.item], details]))]
    pixels = draw_heatmap(shown.images[one.item], one.values, caption, one.kind in SIGNED)
    path = _save(pixels, folder, *_stem(shown, one.item), one.kind, one.name)
    return Drawing(path, f"{caption[0]} · {details}" if details else caption[0])


def _draw_activations(shown: Visualization, one: LayerActivations, folder: Path) -> Drawing:
    low, high = one.values.min((1, 2), keepdims=True), one.values.max((1, 2), keepdims=True)
    tiles = heat_colors((one.values - low) / np.maximum(high - low, 1e-12))
    channels, height, width = one.layer.shape
    title = (
        f"Layer {one.layer.name} ({one.layer.type}): {len(tiles)} of {channels} channels, {height}x{width}"
    )
    names = [str(channel) for channel in one.channels]
    path = _save(
        draw_grid(list(tiles), names, title), folder, *_stem(shown, one.item), "activations", one.layer.name
    )
    return Drawing(path, title)


def _check_table(found: list[Heatmap]) -> PageTable | None:
    """The checks of an image's maps that are numbers."""
    rows, columns = [], []
    for one in found:
        checks = one.checks
        if "completeness_error" in checks:
            error = f"{100 * checks['completeness_error']:.2g} %"
            rows.append([one.name, checks["sum"], checks["score_difference"], error])
            columns = ["explained", "sum of the map", "difference of the scores", "error"]
        elif "correlation_with_random_weights" in checks:
            pairs = checks["correlation_with_random_weights"]
            rows.append([one.name, *(value for _, value in pairs)])
            columns = ["correlation, random layers:", *(f"last {fraction:.0%}" for fraction, _ in pairs)]
    return PageTable(columns, rows) if rows else None


def _column_sections(shown: Visualization, folder: Path) -> Iterator[Section]:
    for one in shown.columns:
        _write_csv(shown, one, folder / f"{one.kind}.csv")
        single = len(one.values) == 1
        means = one.values[0] if single else np.abs(one.values).mean(0)
        order = np.argsort(-np.abs(means), kind="stable")[:MAX_BARS]
        title = f"{TITLES[one.kind]}, " + (
            f"{one.names[0]}, {amount_text(shown.quantity, one.amounts[0])}"
            if single
            else f"mean absolute attribution over {len(one.values)} rows"
        )
        note = "red: raises the score, blue: lowers it" if single else "each row explains its own prediction"
        bars = draw_bars([one.columns[i] for i in order], [float(means[i]) for i in order], title, note)
        path = _save(bars, folder, "columns", one.kind)
        checks = PageTable(
            ["check", "value"], [[name.replace("_", " "), v] for name, v in one.checks.items()]
        )
        text = f"The attributions of every row are in {one.kind}.csv, in the unit of the network's output."
        yield Section(TITLES[one.kind], text, [Drawing(path, title)], [checks])


def _write_csv(shown: Visualization, one: ColumnAttributions, path: Path) -> None:
    with writing(path), path.open("x", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([guard_formula(name) for name in ("id", "explained", shown.quantity, *one.columns)])
        for name, what, amount, values in zip(shown.ids, one.names, one.amounts, one.values, strict=True):
            cells = [f"{value:.6g}" for value in (amount, *values.tolist())]
            rows.writerow([guard_formula(name), guard_formula(what), *cells])


def _stem(shown: Visualization, item: int) -> tuple[str, str]:
    """The beginning of the names of an input's files, which differs from that of every other input."""
    return f"{item + 1:02d}", Path(shown.ids[item]).stem[:60]


def _save(pixels: np.ndarray, folder: Path, *parts: str) -> Path:
    name = "-".join(re.sub(r"[^\w.+-]+", "_", part).strip("._") for part in parts)
    return save_image(pixels, folder / f"{name[:120]}.png")
