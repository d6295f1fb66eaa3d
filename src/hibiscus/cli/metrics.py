"""Output of the verbs that evaluate: metrics and baselines, and whether the requirements are met."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hibiscus.cli.console import emit, number, table, wrap
from hibiscus.errors import HibiscusError, TargetNotReachedError, UsageError, nearest
from hibiscus.metrics.catalog import get_metric
from hibiscus.plurals import plural

if TYPE_CHECKING:
    from hibiscus.runs.run import Run

__all__ = ["Requirement", "evaluation", "parse_requirements", "result"]


@dataclass(frozen=True)
class Requirement:
    """A condition on a metric: `test/accuracy>=0.9`."""

    text: str
    name: str
    sign: str
    limit: float

    def check(self, metrics: dict[str, float]) -> HibiscusError | None:
        """The error if the condition is not met."""
        if self.name not in metrics:
            return UsageError(
                f"--require '{self.text}': there is no metric of this name",
                f"one of: {', '.join(metrics)}",
                nearest(self.name, metrics),
            )
        value = metrics[self.name]
        if value >= self.limit if self.sign == ">=" else value <= self.limit:
            return None
        return TargetNotReachedError(
            f"{self.name} is {number(value)}", self.text, "train longer, or with other options"
        )


def parse_requirements(words: list[str] | None) -> list[Requirement]:
    """The requirements of a command line.

    Raises:
        UsageError: a requirement that is not understood.
    """
    requirements = []
    for word in words or []:
        match = re.fullmatch(r"\s*([\w/.]+)\s*(>=|<=)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*", word)
        try:
            requirements.append(Requirement(word, match[1], match[2], float(match[3])))  # type: ignore[index]
        except (TypeError, ValueError):
            raise UsageError(
                f"--require '{word}'", "NAME>=NUMBER or NAME<=NUMBER", "--require 'test/accuracy>=0.9'"
            ) from None
    return requirements


def result(run: Run, requirements: list[Requirement], as_json: bool, quiet: bool) -> None:
    """Prints the result of a training: metrics and baselines, the next step, and the path of the report.

    Raises:
        HibiscusError: a requirement is not met; with JSON the printed object contains it too.
    """
    if os.environ.get("RANK", "0") != "0":  # if several processes train together, the main process prints
        return
    stored = run.folder.read("evaluation.json") if (run.path / "evaluation.json").exists() else None
    page = run.path / "report.html"
    content: dict[str, Any] = {
        "run": str(run.path),
        "best": run.info.get("best"),
        "report": str(page) if page.exists() else None,
    }
    if stored:
        content |= {"part": stored["part"], "metrics": stored["metrics"], "baselines": stored["baselines"]}
    content["advice"] = (stored or {}).get("advice", [])
    lines = []
    if (run.path / "crossval.json").exists():
        cross = content["crossval"] = run.folder.read("crossval.json")
        name = f"val/{cross['selection_metric']['name']}"
        lines.append(
            f"{cross['folds']} folds: {name} {number(cross['mean'])} ± {number(cross['sd'])} "
            f"at epoch {cross['best_epoch']}"
        )
    lines += [*_better_baseline(stored), _metrics_table(stored)] if stored else []
    lines += [wrap(advice, "next: ", "  ") for advice in content["advice"]]
    lines.append(f"run:    {run.path}")
    lines += [f"report: {page}"] if page.exists() else []
    _emit_and_check(
        content, "\n".join(lines), requirements, stored["metrics"] if stored else {}, as_json, quiet
    )


def _readings(evaluated: dict[str, Any]) -> list[str]:
    """How other data was read, and what of it was skipped."""
    skipped = evaluated.get("skipped", [])
    count = plural(len(skipped), "file or annotation", "files or annotations")
    lines = [f"skipped: {count}, the first: {skipped[0]}"] if skipped else []
    return [f"note: {note}" for note in evaluated.get("notes", [])] + lines


def evaluation(
    run: Run, evaluated: dict[str, Any], requirements: list[Requirement], as_json: bool, quiet: bool
) -> None:
    """Prints the metrics of one evaluation.

    Raises:
        HibiscusError: a requirement is not met; with JSON the printed object contains it too.
    """
    part, data, epoch = evaluated["part"], evaluated["data"], evaluated["epoch"]
    where = f"other data, {data}" if evaluated.get("other") else f"the {part} part of {data}"
    items = f" ({evaluated['items']:,} items)" if "items" in evaluated else ""
    heading = f"{run.path}, {evaluated['checkpoint']} checkpoint (epoch {epoch}), on {where}{items}"
    text = "\n".join(
        [heading, *_better_baseline(evaluated), _metrics_table(evaluated), *_readings(evaluated)]
    )
    _emit_and_check(
        {"run": str(run.path), **evaluated}, text, requirements, evaluated["metrics"], as_json, quiet
    )


def _emit_and_check(
    content: dict[str, Any],
    text: str,
    requirements: list[Requirement],
    metrics: dict[str, float],
    as_json: bool,
    quiet: bool,
) -> None:
    failed = next((error for require in requirements if (error := require.check(metrics))), None)
    if failed and as_json:
        content["error"] = failed.parts
    if as_json or not quiet:
        emit(content, text, as_json)
    if failed:
        failed.printed = as_json
        raise failed


def _better_baseline(evaluated: dict[str, Any]) -> list[str]:
    """A sentence if the best baseline is at least as good as the run; no line otherwise."""
    metric = evaluated["selection_metric"]
    name, higher, value = metric["name"], metric["higher_is_better"], evaluated["metrics"].get(metric["name"])
    known = {
        baseline: other
        for baseline, metrics in evaluated["baselines"].items()
        if (other := metrics.get(name)) is not None and math.isfinite(other)
    }
    if value is None or not math.isfinite(value) or not known:
        return []
    best = (max if higher else min)(known, key=lambda baseline: known[baseline])
    other = known[best]
    if value > other if higher else value < other:
        return []
    relation = "as good as this run" if other == value else "better than this run"
    scale = max(abs(value), abs(other))
    both = f"{get_metric(name).label} {number(other, scale)} vs. {number(value, scale)}"
    return [wrap(f"The baseline “{best}” is {relation}: {both}.")]


def _metrics_table(evaluated: dict[str, Any]) -> str:
    """Metrics in rows, this run and its baselines in columns; a star marks the selection metric."""
    baselines = evaluated["baselines"]
    rows = [["", "this run", *baselines]]
    for name, metric in evaluated["metrics"].items():
        values = [metric, *(baseline.get(name) for baseline in baselines.values())]
        scale = max(
            (abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0
        )
        is_selected = name == evaluated["selection_metric"]["name"]
        rows.append([f"{name} *" if is_selected else name, *(number(value, scale) for value in values)])
    return (
        f"{table(rows)}\n  * selects the best epoch (on the validation part); the other columns are baselines"
    )
