"""What the verbs that measure print: the figures beside the baselines, and whether a demanded one is reached."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hibiscus.cli.console import number, say, table, wrap
from hibiscus.errors import HibiscusError, TargetNotReachedError, UsageError, nearest

if TYPE_CHECKING:
    from hibiscus.runs.run import Run

__all__ = ["Requirement", "evaluation", "parse_requirements", "result"]


@dataclass(frozen=True)
class Requirement:
    """A figure that must be reached: `test/accuracy>=0.9`."""

    text: str
    name: str
    sign: str
    limit: float

    def check(self, metrics: dict[str, float]) -> HibiscusError | None:
        """What is wrong, if anything is."""
        if self.name not in metrics:
            return UsageError(
                f"--require '{self.text}': nothing was measured by this name",
                f"one of: {', '.join(metrics)}",
                nearest(self.name, metrics),
            )
        value = metrics[self.name]
        if value >= self.limit if self.sign == ">=" else value <= self.limit:
            return None
        return TargetNotReachedError(f"{self.name} is {number(value)}", self.text, "train longer, or with other options")


def parse_requirements(words: list[str] | None) -> list[Requirement]:
    """Demands as they are written on the command line.

    Raises:
        UsageError: one that is not understood.
    """
    found = []
    for word in words or []:
        match = re.fullmatch(r"\s*([\w/.]+)\s*(>=|<=)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*", word)
        try:
            found.append(Requirement(word, match[1], match[2], float(match[3])))  # type: ignore[index]
        except (TypeError, ValueError):
            raise UsageError(f"--require '{word}'", "NAME>=NUMBER or NAME<=NUMBER", "--require 'test/accuracy>=0.9'") from None
    return found


def result(run: Run, requirements: list[Requirement], as_json: bool, quiet: bool) -> None:
    """What a training ends with: the figures beside the baselines, what to do next, and where the report is.

    Raises:
        HibiscusError: a demand is not met; with JSON it stands in the printed object too.
    """
    if os.environ.get("RANK", "0") != "0":  # of several processes that train together, the first tells
        return
    found = run.folder.read("evaluation.json") if (run.path / "evaluation.json").exists() else None
    page = run.path / "report.html"
    content: dict[str, Any] = {"run": str(run.path), "best": run.info.get("best"), "report": str(page) if page.exists() else None}
    if found:
        content |= {"part": found["part"], "metrics": found["metrics"], "baselines": found["baselines"]}
    content["advice"] = (found or {}).get("advice", [])
    lines = []
    if (run.path / "crossval.json").exists():
        cross = content["crossval"] = run.folder.read("crossval.json")
        name = f"val/{cross['selection_metric']['name']}"
        lines.append(f"{cross['folds']} folds: {name} {number(cross['mean'])} ± {number(cross['sd'])} at epoch {cross['best_epoch']}")
    lines += [_figures(found)] if found else []
    lines += [wrap(advice, "to do next: ", "  ") for advice in content["advice"]]
    lines.append(f"run:    {run.path}")
    lines += [f"report: {page}"] if page.exists() else []
    _say_and_check(content, "\n".join(lines), requirements, found["metrics"] if found else {}, as_json, quiet)


def evaluation(run: Run, found: dict[str, Any], requirements: list[Requirement], as_json: bool, quiet: bool) -> None:
    """The figures of one evaluation.

    Raises:
        HibiscusError: a demand is not met; with JSON it stands in the printed object too.
    """
    where = f"other data, {found['data']}" if found.get("other") else f"the {found['part']} part of {found['data']}"
    items = f" ({found['items']:,} items)" if "items" in found else ""
    text = f"{run.path}, {found['checkpoint']} checkpoint (epoch {found['epoch']}), on {where}{items}\n{_figures(found)}"
    _say_and_check({"run": str(run.path), **found}, text, requirements, found["metrics"], as_json, quiet)


def _say_and_check(
    content: dict[str, Any], text: str, requirements: list[Requirement], metrics: dict[str, float], as_json: bool, quiet: bool
) -> None:
    failed = next((error for require in requirements if (error := require.check(metrics))), None)
    if failed and as_json:
        content["error"] = failed.parts
    if as_json or not quiet:
        say(content, text, as_json)
    if failed:
        failed.said = as_json
        raise failed


def _figures(found: dict[str, Any]) -> str:
    """Metrics in rows, this run and its baselines in columns; a star marks the metric that decides."""
    baselines = found["baselines"]
    rows = [["", "this run", *baselines]]
    for name, own in found["metrics"].items():
        values = [own, *(baseline.get(name) for baseline in baselines.values())]
        scale = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
        rows.append([f"{name} *" if name == found["selection_metric"]["name"] else name, *(number(value, scale) for value in values)])
    return f"{table(rows)}\n  * decides which epoch is best (on the validation part); the other columns are simple rivals"
