"""Help for `train`: the methods, and for each method all options by group, with ranges and defaults."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from hibiscus.cli.console import line_width, table, wrap

__all__ = ["train_help"]

USAGE = "Usage: hibiscus train METHOD DATA"
SYNTAX = (
    "[key=value ...]",
    "[--config FILE]",
    "[--out FOLDER]",
    "[--seed N]",
    "[--device NAME]",
    "[--no-evaluate]",
    "[--require 'test/accuracy>=0.9']",
    "[--trust]",
    "[--json]",
    "[--quiet]",
    "[--debug]",
)
FLAGS = (
    ("--config FILE", "options, METHOD and DATA in YAML, or a run to repeat; typed options precede"),
    ("--out FOLDER", "the run folder; by default a new one in runs/"),
    ("--seed N", "random seed; the same seed gives the same result"),
    ("--device NAME", "auto, cpu, cuda, cuda:1, mps"),
    ("--no-evaluate", "do not evaluate the test part at the end, and write no report"),
    ("--require CONDITION", "exit with code 6 unless the condition holds: 'test/accuracy>=0.9'"),
    ("--trust", "load code that the file of options or the extended run names, if you know its source"),
    ("--json", "print one JSON object and nothing else on standard output"),
    ("--quiet", "print only errors"),
    ("--debug", "show the traceback of an error"),
)
EXAMPLES = {  # by a field that the method needs
    "target": "table.csv target=COLUMN",
    "environment": "gym:CartPole-v1",
    "domain": "horses/ target_domain=zebras/",
    "target_image": "streets/ pairs=masks,photos",
    "boxes": "blood/",
    "mask": "streets/",
}
RUN = (
    *("seed", "precision", "compile", "log_every", "checkpoint_interval", "stop_after_epochs", "max_rounds"),
    *("metric_features", "importance_samples"),
)
OPTIMIZATION = (  # beside the options of TrainingConfig that are not in RUN
    *("beta1", "beta2", "ema_decay", "generator_lr_factor", "critic_steps", "target_update_interval"),
    *("l1", "l2", "regularize", "regularize_layers", "max_norm", "weight_clip", "label_smoothing"),
)
AUGMENTATION = (  # beside the options of Augment
    *("augment", "diff_augment", "hue", "iou_crop", "saturation", "zoom_out", "tta_flip"),
)
MIN_DESCRIPTION = 30  # columns
MAX_NAME, MAX_RANGE = 32, 26  # columns


def train_help(method: str | None) -> str:
    """The text of `hibiscus train --help` or `hibiscus train METHOD --help`.

    Raises:
        UsageError: there is no such method.
    """
    return "\n".join(_list_of_methods() if method is None else _options_of(method))


def _list_of_methods() -> Iterator[str]:
    from hibiscus.methods.registry import list_methods

    yield from (_usage(), "", "Train a method on data.", "", "Methods:")
    yield table([[entry.name, entry.summary] for entry in list_methods()], wrap_last=True)
    yield from ("", "DATA is a folder, a file, or the name of bundled data (hibiscus list).")
    yield from (
        "hibiscus train METHOD --help lists the options of a method.",
        "",
        "Options:",
        table(FLAGS, wrap_last=True),
    )
    yield from (
        "",
        "Example:",
        "  hibiscus train classify photos/ net=resnet20 epochs=30 --out runs/mine --seed 1",
    )


def _options_of(method: str) -> Iterator[str]:
    from hibiscus.methods.registry import get_method
    from hibiscus.runs.option_words import ALIASES

    kind = get_method(method)
    yield from (_usage(), "")
    yield wrap(f"Options of {method}, as NAME=DEFAULT, with the values that they accept:")
    for title, rows in _groups(kind.Config).items():
        if rows:
            yield from ("", f"{title}:", _three_columns(rows))
    if "net_options" in kind.Config.model_fields:
        yield from ("", "Networks (net=NAME) and their options (net.KEY=VALUE):", _networks())
    yield from ("", "To train a finished run longer:", "  extend=RUN epochs=MORE")
    known = kind.Config.model_fields
    aliases = ", ".join(f"{alias} for {name}" for alias, name in sorted(ALIASES.items()) if name in known)
    yield from ("", wrap(f"Aliases: {aliases}", "", "  "), "", "Command line:", table(FLAGS, wrap_last=True))
    example = next((words for field, words in EXAMPLES.items() if field in kind.needs), "photos/")
    example += " net=resnet20" if "label" in kind.needs and "net" in known else ""
    yield from ("", "Example:", f"  hibiscus train {method} {example} epochs=30")


def _usage() -> str:
    lines, indent = [USAGE], " " * 22
    for word in SYNTAX:
        if len(lines[-1]) + 1 + len(word) <= line_width():
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return "\n".join(lines)


def _groups(config: Any) -> dict[str, list[tuple[str, str, str]]]:
    """Rows of name with default, accepted values and description, by the title of their group."""
    from hibiscus.data.config import DataConfig
    from hibiscus.data.images.augment import Augment
    from hibiscus.training.config import TrainingConfig

    optimization = {*TrainingConfig.model_fields, *OPTIMIZATION}
    groups: dict[str, list[tuple[str, str, str]]] = {
        title: [] for title in ("Method", "Optimization", "Augmentation", "Data", "Run")
    }
    for name in config.model_fields:
        if name == "net_options":
            continue
        if name in RUN:
            title = "Run"
        elif name in AUGMENTATION or name in Augment.__dataclass_fields__:
            title = "Augmentation"
        else:
            title = "Optimization" if name in optimization else "Method"
        groups[title].append(_row(config, name))
    groups["Data"] = [_row(DataConfig, name) for name in DataConfig.model_fields]
    return groups


def _row(config: Any, name: str) -> tuple[str, str, str]:
    from hibiscus.runs.options import explain_range

    field = config.model_fields[name]
    default = field.get_default(call_default_factory=True)
    return f"{name}={_as_typed(default)}", explain_range(config, name), field.description or ""


def _three_columns(rows: Sequence[tuple[str, str, str]]) -> str:
    """Names, accepted values and descriptions; a name wider than its column has a line of its own."""
    space = line_width() - 6 - MIN_DESCRIPTION  # an indent and two gaps of two columns
    longest_word = max(len(word) for _, values, _ in rows for word in values.split())
    range_width = max(min(MAX_RANGE, space - 26, max(len(values) for _, values, _ in rows)), longest_word)
    name_width = min(MAX_NAME, space - range_width, max(len(name) for name, *_ in rows))
    description_width = line_width() - 6 - name_width - range_width
    lines = []
    for name, values, description in rows:
        cells = [_wrapped(values, range_width), _wrapped(description, description_width)]
        if len(name) > name_width:
            lines.append(f"  {name}")
            name = ""
        for i in range(max(map(len, cells))):
            first, second = (cell[i] if i < len(cell) else "" for cell in cells)
            lines.append(f"  {'' if i else name:{name_width}}  {first:{range_width}}  {second}".rstrip())
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _networks() -> str:
    from hibiscus.networks.registry import list_networks

    rows = []
    for info in list_networks():
        options = "  ".join(f"{key}={_as_typed(value)}" for key, value in info.options.items())
        rows.append([info.name, options])
    return table(rows, wrap_last=True)


def _as_typed(value: Any) -> str:
    """A default as it is typed on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(_as_typed, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
