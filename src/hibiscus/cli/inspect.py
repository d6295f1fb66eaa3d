"""Output of the verbs that train nothing: inspect, list, explain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hibiscus.cli import data_checks, text_checks
from hibiscus.cli.console import emit, table
from hibiscus.cli.series_section import series_section
from hibiscus.plurals import plural
from hibiscus.progress import step

__all__ = ["explain", "inspect_data", "list_all"]

MAX_EXAMPLES = 3  # of each fault
MAX_ROWS = 40  # of a long list on the screen; --json has all


def inspect_data(
    path: str,
    options: dict[str, Any],
    as_json: bool,
    label_errors: bool = False,
    out: Path | None = None,
    time_series: bool | None = None,
) -> None:
    """Describes a dataset.

    Args:
        path: the data.
        options: of the data.
        as_json: print one JSON object.
        label_errors: also look for labels that contradict a cross-validated model.
        out: a file for these labels, or for drawings of time series.
        time_series: whether to describe the table as time series; by default where it clearly is one.

    Raises:
        HibiscusError: an unknown option, or data that cannot be opened.
    """
    from hibiscus.data.locations import check_exists
    from hibiscus.errors import ConfigError, nearest
    from hibiscus.methods.option_names import data_option_names
    from hibiscus.runs.option_words import join_roles

    options, known = join_roles(options), data_option_names()
    unknown = [key for key in options if key not in known]
    if unknown:
        raise ConfigError(
            f"there is no option '{unknown[0]}'", "an option of data", nearest(unknown[0], known)
        )
    check_exists(path)
    with step("starting", line=lambda: "starting ..."):
        from hibiscus.data.config import DataConfig
        from hibiscus.data.named_errors import named_errors
        from hibiscus.data.open import open_data
        from hibiscus.runs.options import build_options

    config = build_options(DataConfig, {"max_bad_fraction": 1.0, **options})
    with step(f"reading {path}"):
        dataset = open_data(path, **config.opening())
    parts, how = _parts(dataset, config)
    with named_errors(path):
        summary = {**dataset.summary(parts), "given_parts": sorted(dataset.parts)}
    if "boxes" in dataset.fields and "boxes" in summary["about"]:
        counts = _boxes_by_part(dataset.fields["boxes"], dataset.names["boxes"], parts)
        summary["about"] = {**summary["about"], "boxes": {**summary["about"]["boxes"], "boxes": counts}}
    summary["near_duplicates"] = data_checks.near_duplicate_summary(dataset, parts)
    summary["texts"] = text_checks.text_summary(dataset, parts)
    summary["time_series"], lines = series_section(dataset, time_series, as_json, out, options)
    text = "" if as_json else "\n".join([_describe(summary, how), *lines])
    if label_errors:
        found, lines = data_checks.label_errors(dataset, config, parts, out)
        summary["label_errors"] = found
        text = "\n".join([text, *lines])
    emit(summary, text, as_json)


def _parts(dataset: Any, config: Any) -> tuple[dict[str, Any], str]:
    """The parts as `train` would make them, and how they came about."""
    from hibiscus.errors import DataError
    from hibiscus.runs.prepare import prepare_parts

    try:
        parts, how = prepare_parts(dataset, config), "from the data"
        if not set(parts) <= set(dataset.parts):
            how = f"as `train` would split it, split={config.split}"
    except DataError as error:
        parts, how = dataset.parts, f"too few to train on: {error.expected}"
        parts = parts or {"all": range(len(dataset))}  # type: ignore[dict-item]
    targets = {"label", "labels", "target", "target_text"}
    columns = "table" in dataset.fields and set(dataset.roles.values()) != {"text"}
    if not targets & dataset.fields.keys() and columns and not dataset.parts:
        return {"all": range(len(dataset))}, "name target=COLUMN to see how `train` would split it"
    return parts, how


def _boxes_by_part(boxes: Any, names: Sequence[str], parts: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The number of boxes of each class in each part, also in parts that `train` would split off."""
    from hibiscus.data.dataset import CROWD

    classes = {part: boxes[list(items)][..., 4] for part, items in parts.items()}
    return {
        name: {
            part: int(((values == number) | (values == CROWD - number)).sum())
            for part, values in classes.items()
        }
        for number, name in enumerate(names)
    }


def _describe(summary: dict[str, Any], how: str) -> str:
    lines = [
        f"{summary['path']}: {plural(summary['items'], 'item')}",
        *(f"  {phrase}" for phrase in summary["fields"].values()),
    ]
    lines.append(
        "parts: " + ", ".join(f"{name} {count:,}" for name, count in summary["parts"].items()) + f"  ({how})"
    )
    if summary["roles"]:
        lines += [
            "columns:",
            table([[name, role] for name, role in list(summary["roles"].items())[:MAX_ROWS]]),
        ]
        lines += _and_more(len(summary["roles"]), "column")
    if summary["classes"]:
        shown = list(summary["classes"].items())[:MAX_ROWS]
        parts = summary["parts"]
        rows = [
            ["class", *parts],
            *([name, *(f"{counts.get(part, 0):,}" for part in parts)] for name, counts in shown),
        ]
        lines += [table(rows), *_and_more(len(summary["classes"]), "class", "classes")]
    lines += _boxes(summary["about"].get("boxes")) + _pixels(summary["about"].get("mask"))
    duplicates = summary["duplicates"]
    if duplicates["inside"]:
        lines.append(f"duplicates: {plural(duplicates['inside'], 'item')}")
    lines += [
        f"duplicates across parts: {count} in {between}" for between, count in duplicates["across"].items()
    ]
    lines += data_checks.near_duplicate_lines(summary["near_duplicates"])
    lines += text_checks.text_lines(summary["texts"])
    lines += [f"note: {note}" for note in summary["notes"]]
    single = [bad for bad in summary["skipped"] if not bad.get("fault")]
    lines += [f"bad file: {bad['reason']}" for bad in single[:MAX_ROWS]]
    return "\n".join([*lines, *_and_more(len(single), "bad file"), *_by_fault(summary["skipped"])])


def _by_fault(skipped: list[dict[str, str]]) -> list[str]:
    """The first few of each fault, and the number of the others."""
    groups: dict[str, list[str]] = {}
    for bad in skipped:
        if bad.get("fault"):
            groups.setdefault(bad["fault"], []).append(bad["reason"])
    lines = []
    for fault, reasons in groups.items():
        rest = len(reasons) - MAX_EXAMPLES
        lines.append(f"skipped, {fault}: {len(reasons):,}")
        lines += [f"  {reason}" for reason in reasons[:MAX_EXAMPLES]]
        lines += [f"  ... and {rest:,} more (--json lists them all)"] if rest > 0 else []
    return lines


def _boxes(about: dict[str, Any] | None) -> list[str]:
    """The number of boxes by class, their sizes, and their faults."""
    if about is None:
        return []
    columns = list(dict.fromkeys(part for counts in about["boxes"].values() for part in counts))
    shown = list(about["boxes"].items())[:MAX_ROWS]
    rows = [
        ["boxes of", *columns],
        *([name, *(f"{counts.get(part, 0):,}" for part in columns)] for name, counts in shown),
    ]
    quantiles = ("min", "5%", "median", "95%", "max")
    sizes = [
        ["", *quantiles],
        *(
            [name, *(f"{about['sizes'][name][q]:.3g}" for q in quantiles)]
            for name in about["sizes"]
            if about["sizes"][name]
        ),
    ]
    per_image = about["boxes_per_image"]
    lines = [
        table(rows),
        *_and_more(len(about["boxes"]), "class", "classes"),
        "sizes in pixels:",
        table(sizes),
    ]
    lines.append(
        f"boxes per image: {per_image['min']} to {per_image['max']}, median {per_image['median']:g}; "
        f"{about['images_without_objects']} without boxes"
    )
    without = about["classes_without_boxes"]
    return lines + ([f"classes without a box: {', '.join(without)}"] if without else [])


def _pixels(fractions: dict[str, float] | None) -> list[str]:
    """The fraction of the pixels that belongs to each class."""
    if fractions is None:
        return []
    shown = list(fractions.items())[: MAX_ROWS + 1]
    rows = [["class", "fraction of pixels"], *([name, f"{fraction:.2%}"] for name, fraction in shown)]
    return [table(rows), *_and_more(len(fractions) - 1, "class", "classes")]


def _and_more(count: int, one: str, many: str = "") -> list[str]:
    rest = count - MAX_ROWS
    return [f"  ... and {plural(rest, 'more ' + one, 'more ' + (many or one + 's'))}"] if rest > 0 else []


def list_all(as_json: bool) -> None:
    """Lists methods, networks and bundled data."""
    from hibiscus.data.locations import BUNDLED
    from hibiscus.methods.registry import list_methods
    from hibiscus.networks.registry import list_networks

    methods = {entry.name: entry.summary for entry in list_methods()}
    networks = {info.name: info.description for info in list_networks()}
    lists = {
        "methods (hibiscus train METHOD DATA)": methods,
        "networks (net=NAME)": networks,
        "bundled data (hibiscus train METHOD NAME)": BUNDLED,
    }
    blocks = [f"{title}\n{table(list(rows.items()), wrap_last=True)}" for title, rows in lists.items()]
    text = "\n".join(
        [
            *blocks,
            "",
            "hibiscus explain METHOD describes a method; hibiscus train METHOD --help lists its options",
        ]
    )
    emit({"methods": methods, "networks": networks, "bundled": BUNDLED}, text, as_json)


def explain(method: str, as_json: bool) -> None:
    """Prints the documentation of a method."""
    import inspect
    import sys

    from hibiscus.methods.registry import get_method

    text = inspect.cleandoc(sys.modules[get_method(method).__module__].__doc__ or "")
    emit({"method": method, "text": text}, f"{text}\n\nOptions: hibiscus train {method} --help", as_json)
