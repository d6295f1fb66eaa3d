"""Help for `train`: the methods, and after a method's name all its options with their ranges and defaults."""

from __future__ import annotations

from typing import Any

from hibiscus.cli.console import table

__all__ = ["train_help"]

USAGE = """Usage: hibiscus train METHOD DATA [key=value ...] [--out FOLDER] [--seed N] [--device NAME]
                      [--no-evaluate] [--require 'test/accuracy>=0.9'] [--json] [--quiet] [--debug]"""
FLAGS = (
    ("--out FOLDER", "the run folder itself; by default the next in runs/"),
    ("--seed N", "same seed, same run"),
    ("--device NAME", "auto, cpu, cuda, cuda:1, mps"),
    ("--no-evaluate", "do not measure the test part at the end, and write no report"),
    ("--require FIGURE", "exit with 6 unless it holds: 'test/accuracy>=0.9'"),
    ("--json", "one JSON object on standard output, and nothing else there"),
    ("--quiet", "nothing on the screen but errors"),
    ("--debug", "show the whole traceback of an error"),
)

EXAMPLES = {  # by what a method needs
    "target": "table.csv target=COLUMN", "environment": "gym:CartPole-v1", "domain": "horses/ target_domain=zebras/",
    "boxes": "blood/", "mask": "streets/",
}  # fmt: skip


def train_help(method: str | None) -> str:
    """The text of `hibiscus train --help` or `hibiscus train METHOD --help`.

    Raises:
        UsageError: no such method.
    """
    if method is None:
        from hibiscus.methods.registry import list_methods

        methods = table([[entry.name, entry.summary] for entry in list_methods()], wrap_last=True)
        return "\n".join([
            USAGE, "", "Train a method on data.", "", "Methods:", methods, "",
            "DATA is a folder, a file, or the name of bundled data (hibiscus list).",
            "hibiscus train METHOD --help lists a method's options.", "", "Options:", table(FLAGS, wrap_last=True), "",
            "Example:", "  hibiscus train classify photos/ net=resnet20 epochs=30 --out runs/mine --seed 1",
        ])  # fmt: skip
    from hibiscus.data.config import DataConfig
    from hibiscus.methods.registry import get_method

    kind = get_method(method)
    lines = [USAGE, "", f"Options of {method}, with their defaults and what they may be:", _options(kind.Config), ""]
    lines += ["Options of its data:", _options(DataConfig), ""]
    if "net_options" in kind.Config.model_fields:
        lines += ["Networks (net=NAME) and their options (net.KEY=VALUE):", _networks(), ""]
    lines += ["Going on where a finished run ended:", "  extend=RUN epochs=MORE", "", "Options:", table(FLAGS, wrap_last=True), ""]
    example = next((words for field, words in EXAMPLES.items() if field in kind.needs), "photos/")
    example += " net=resnet20" if "label" in kind.needs and "net" in kind.Config.model_fields else ""
    return "\n".join([*lines, "Example:", f"  hibiscus train {method} {example} epochs=30"])


def _options(config: Any) -> str:
    from hibiscus.runs.options import explain_range

    rows = []
    for name, field in config.model_fields.items():
        if name != "net_options":
            default = field.get_default(call_default_factory=True)
            rows.append([f"{name}={_shown(default)}", explain_range(config, name), field.description or ""])
    return table(rows, wrap_last=True)


def _networks() -> str:
    from hibiscus.networks.registry import list_networks

    rows = []
    for info in list_networks():
        options = "  ".join(f"{key}={_shown(value)}" for key, value in info.options.items())
        rows.append([info.name, options])
    return table(rows, wrap_last=True)


def _shown(value: Any) -> str:
    """A default as a person would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(_shown, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
