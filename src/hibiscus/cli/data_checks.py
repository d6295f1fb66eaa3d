"""What `inspect` says about near-duplicate images and suspected label errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.cli.console import number, table
from hibiscus.cli.prediction_files import ENDINGS, write_file
from hibiscus.errors import UsageError
from hibiscus.plurals import plural

if TYPE_CHECKING:
    import numpy as np

    from hibiscus.data.config import DataConfig
    from hibiscus.data.dataset import Dataset
    from hibiscus.runs.label_errors import LabelErrors

__all__ = [
    "check_label_error_file",
    "label_errors",
    "near_duplicate_lines",
    "near_duplicate_summary",
]

MAX_ROWS = 20  # of suspected labels on the screen
MAX_EXAMPLES = 3  # of near duplicates


def near_duplicate_summary(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict[str, Any]:
    """The near-duplicate images across parts: their number by parts, and all pairs; empty without images."""
    if "image" not in dataset.fields or len(parts) < 2:
        return {}
    from hibiscus.data.images.near_duplicates import count_by_parts, near_duplicates

    pairs = near_duplicates(dataset.fields["image"], parts, dataset.keys)
    described = [
        {
            "items": [dataset.ids[pair.first], dataset.ids[pair.second]],
            "parts": list(pair.parts),
            "distance": round(pair.distance, 4),
        }
        for pair in pairs
    ]
    return {"across": count_by_parts(pairs), "pairs": described}


def near_duplicate_lines(summary: dict[str, Any]) -> list[str]:
    """The near duplicates as lines, with the closest pairs."""
    if not summary.get("pairs"):
        return []
    counts = ", ".join(f"{count} in {between}" for between, count in summary["across"].items())
    lines = [f"near-duplicate images across parts: {counts}"]
    for pair in summary["pairs"][:MAX_EXAMPLES]:
        first, second = pair["items"]
        lines.append(f"  {first} and {second}, distance {pair['distance']:.2f}")
    rest = len(summary["pairs"]) - MAX_EXAMPLES
    return lines + ([f"  ... and {plural(rest, 'more pair')} (--json lists them all)"] if rest > 0 else [])


def check_label_error_file(out: str | None, label_errors: bool) -> Path | None:
    """The file for the suspected labels, checked before anything is computed.

    Raises:
        UsageError: a file without `--label-errors`, or an ending that is not known.
        DataError: the file exists, or cannot be written.
    """
    if out is None:
        return None
    if not label_errors:
        raise UsageError(f"--out {out}", "--label-errors, whose result it is", "add --label-errors")
    path, endings = Path(out).expanduser(), ENDINGS[:3]
    if path.suffix.lower() not in endings:
        raise UsageError(f"--out {out}", f"a file ending in {', '.join(endings)}", "--out label_errors.csv")
    from hibiscus.cli.predictions import check_out

    return check_out(out, [])


def label_errors(
    dataset: Dataset, config: DataConfig, parts: dict[str, np.ndarray], out: Path | None
) -> tuple[dict[str, Any], list[str]]:
    """The suspected label errors as plain JSON values and as lines, also written to a file if there is one.

    Raises:
        DataError: no labels, or a file that cannot be written.
    """
    from hibiscus.runs.label_errors import find_label_errors

    found = find_label_errors(dataset, config, parts)
    rows = [
        dict(zip(found.columns, values, strict=True)) for values in zip(*found.columns.values(), strict=True)
    ]
    lines = _label_error_lines(found)
    if out is not None:
        write_file(found.columns, out)
        lines.append(f"{plural(len(found), 'row')} written to {out}")
    return {"items": found.items, "accuracy": found.accuracy, "model": found.model, "suspected": rows}, lines


def _label_error_lines(found: LabelErrors) -> list[str]:
    """The most suspected labels as a table."""
    share = f"{len(found):,} of {plural(found.items, 'label')}"
    lines = [
        f"suspected label errors: {share}, by confident learning",
        f"  {found.model}, accuracy {found.accuracy:.1%}",
    ]
    if not len(found):
        return lines
    columns = [values[:MAX_ROWS] for values in found.columns.values()]
    head = ["item", "part", "label", "suggested", "p(label)", "p(suggested)", "margin"]
    shown = [
        [number(cell) if isinstance(cell, float) else cell for cell in row]
        for row in zip(*columns, strict=True)
    ]
    lines.append(table([head, *shown]))
    if len(found) > MAX_ROWS:
        lines.append(f"  ... and {len(found) - MAX_ROWS:,} more (--out label_errors.csv writes them all)")
    return lines


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)
