"""What the verbs print."""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.errors import DataError, TargetNotReachedError, UsageError

if TYPE_CHECKING:
    from hibiscus._run import Run

__all__ = [
    "catalogue",
    "check_demands",
    "comparison",
    "evaluation",
    "explanation",
    "inspection",
    "predictions",
    "result",
    "say",
    "train_help",
]


def say(content: Any, text: str, as_json: bool) -> None:
    """Prints the text, or the content as one JSON object."""
    print(json.dumps(_plain(content), ensure_ascii=False) if as_json else text)  # noqa: T201


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def _table(rows: list[list[str]], indent: str = "  ") -> str:
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))] if rows else []
    return "\n".join(indent + "  ".join(cell.ljust(widths[i]) for i, cell in enumerate(row)).rstrip() for row in rows)


def result(run: Run, as_json: bool) -> None:
    """What a training ends with: the figures beside the baselines, and where the report is."""
    kept = run.path / "evaluation.json"
    found = run.folder.read("evaluation.json") if kept.exists() else None
    page = run.path / "report.html"
    content = {"run": str(run.path), "best": run.facts.get("best"), "report": str(page) if page.exists() else None}
    if found:
        content |= {"metrics": found["metrics"], "baselines": found["baselines"]}
    if (run.path / "crossval.json").exists():
        content["crossval"] = run.folder.read("crossval.json")
    if as_json:
        say(content, "", True)
        return
    lines = []
    if "crossval" in content:
        cross = content["crossval"]
        lines.append(
            f"{cross['folds']} folds: val/{cross['decides']['name']} {cross['mean']:.4f} ± {cross['sd']:.4f}, "
            f"best epoch {cross['best_epoch']}"
        )
    if found:
        lines.append(_figures(found))
    lines += [f"  to do next: {advice}" for advice in run.facts.get("advice", [])]
    lines.append(f"run:    {run.path}")
    if page.exists():
        lines.append(f"report: {page}")
    say(content, "\n".join(lines), False)


def _figures(found: dict[str, Any]) -> str:
    names = list(found["metrics"])
    rivals = found["baselines"]
    rows = [["", "this run", *rivals]]
    for name in names:
        values = [found["metrics"].get(name), *(rival.get(name) for rival in rivals.values())]
        mark = " <" if name == found["decides"]["name"] else ""
        rows.append([name, *(f"{value:.4f}" if value is not None else "-" for value in values)])
        rows[-1][1] += mark
    return _table(rows)


def evaluation(run: Run, found: dict[str, Any], as_json: bool) -> None:
    """The figures of one evaluation."""
    content = {"run": str(run.path), **found}
    say(content, f"{run.path} on the {found['part']} part of {found['data']}, epoch {found['epoch']}\n{_figures(found)}", as_json)


def check_demands(run: Run, demands: list[str] | None, found: dict[str, Any] | None = None) -> None:
    """Compares figures with what was demanded, such as `test/accuracy>=0.9`.

    Raises:
        TargetNotReachedError: one is not reached.
        UsageError: a demand that is not understood.
    """
    if not demands:
        return
    metrics = (found or run.evaluation())["metrics"]
    for demand in demands:
        match = re.fullmatch(r"\s*([\w/]+)\s*(>=|<=)\s*([-+.\deE]+)\s*", demand)
        if not match or match[1] not in metrics:
            raise UsageError(f"--demand {demand}", f"NAME>=NUMBER with NAME one of {', '.join(metrics)}", "--demand 'test/accuracy>=0.9'")
        value, limit = metrics[match[1]], float(match[3])
        if not (value >= limit if match[2] == ">=" else value <= limit):
            raise TargetNotReachedError(f"{match[1]} is {value:.4f}", demand, "train longer, or with other options")


def predictions(found: dict[str, Any], out: str | None, as_json: bool) -> None:
    """Answers, one line each, or written to a file by its ending."""
    for bad in found["skipped"]:
        print(f"left out: {bad['reason']}", file=sys.stderr)  # noqa: T201
    columns = {name: values for name, values in found.items() if name not in ("skipped", "classes", "probabilities")}
    if out is not None:
        _write_predictions(found, columns, Path(out))
        say({"out": out, "items": len(found["id"])}, f"{len(found['id'])} answers written to {out}", as_json)
        return
    if as_json:
        say(found, "", True)
        return
    rows = [["item", *[name for name in columns if name != "id"]]]
    for i, item in enumerate(found["id"]):
        cells = [columns[name][i] for name in columns if name != "id"]
        rows.append([str(item), *(_number(cell) for cell in cells)])
    print(_table(rows, ""))  # noqa: T201


def _number(cell: Any) -> str:
    if hasattr(cell, "tolist"):
        cell = cell.tolist()
    if isinstance(cell, list):
        return " ".join(_number(one) for one in cell)
    return f"{cell:.4f}" if isinstance(cell, float) else str(cell)


def _write_predictions(found: dict[str, Any], columns: dict[str, Any], path: Path) -> None:
    import numpy as np
    import pandas as pd

    try:
        if path.suffix == ".json":
            path.write_text(json.dumps(_plain(found), ensure_ascii=False), encoding="utf-8")
        elif path.suffix == ".npz":
            arrays = {name: np.asarray(values) for name, values in found.items() if name != "skipped"}
            np.savez(path, allow_pickle=False, **arrays)
        elif path.suffix in (".csv", ".parquet"):
            flat = {}
            for name, values in columns.items():
                array = np.asarray(values)
                flat |= (
                    {name: array}
                    if array.ndim == 1
                    else {f"{name}{'' if array.shape[1] == 1 else i}": array[:, i] for i in range(array.shape[1])}
                )
            for i, label in enumerate(found.get("classes", [])):
                flat[f"p({label})"] = np.asarray(found["probabilities"])[:, i]
            frame = pd.DataFrame(flat)
            frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
        else:
            raise UsageError(f"--out {path}", "a file ending in .csv, .json, .parquet or .npz", "--out answers.csv")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror})", "a folder that may be written to", "another --out") from None


def inspection(path: str, options: dict[str, Any], as_json: bool) -> None:
    """What is in the data."""
    from hibiscus._config import build_options
    from hibiscus._session import prepare_parts
    from hibiscus.data.open import open_data
    from hibiscus.data.options import DataConfig
    from hibiscus.errors import ConfigError, nearest

    unknown = [key for key in options if key not in DataConfig.model_fields]
    if unknown:
        raise ConfigError(f"there is no option '{unknown[0]}'", "an option of data", nearest(unknown[0], DataConfig.model_fields))
    chosen = build_options(DataConfig, {"max_bad": 1.0, **options})
    dataset = open_data(path, **chosen.opening())
    parts = prepare_parts(dataset, chosen) if len(dataset) > 20 else dataset.parts
    summary = {**dataset.summary(parts), "given_parts": sorted(dataset.parts)}
    if as_json:
        say(summary, "", True)
        return
    lines = [f"{summary['path']}: {summary['items']:,} items", *(f"  {phrase}" for phrase in summary["fields"].values())]
    how = "as given" if set(parts) <= set(dataset.parts) else f"as `train` would cut them ({chosen.split})"
    lines.append("parts: " + ", ".join(f"{name} {count:,}" for name, count in summary["parts"].items()) + f"  ({how})")
    if summary["roles"]:
        lines += ["columns:", _table([[name, role] for name, role in list(summary["roles"].items())[:60]])]
    if summary["classes"]:
        shown = list(summary["classes"].items())
        rows = [
            ["class", *summary["parts"]],
            *([name, *(str(counts.get(part, 0)) for part in summary["parts"])] for name, counts in shown[:40]),
        ]
        lines += [_table(rows)] + ([f"  ... and {len(shown) - 40} more classes"] if len(shown) > 40 else [])
    doubles = summary["duplicates"]
    if doubles["inside"]:
        lines.append(f"doubles: {doubles['inside']} items stand there more than once")
    lines += [f"doubles across parts: {count} in {between}" for between, count in doubles["across"].items()]
    lines += [f"note: {note}" for note in summary["notes"]]
    lines += [f"bad file: {bad['reason']}" for bad in summary["skipped"][:40]]
    if len(summary["skipped"]) > 40:
        lines.append(f"... and {len(summary['skipped']) - 40} more bad files")
    print("\n".join(lines))  # noqa: T201


def catalogue(as_json: bool) -> None:
    """Methods, networks, bundled data."""
    from hibiscus.data.bundled import BUNDLED
    from hibiscus.methods.registry import list_methods
    from hibiscus.networks.registry import list_networks

    methods = [[entry.name, entry.summary] for entry in list_methods()]
    networks = [[info.name, info.description] for info in list_networks()]
    content = {"methods": dict(methods), "networks": dict(networks), "bundled": BUNDLED}
    bundled = [[name, what] for name, what in BUNDLED.items()]
    text = "\n".join(["methods", _table(methods), "networks (net=...)", _table(networks), "bundled data", _table(bundled)])
    say(content, text, as_json)


def explanation(method: str) -> None:
    """The method file's own text."""
    import inspect
    import sys as system

    from hibiscus.methods.registry import get_method

    print(inspect.cleandoc(system.modules[get_method(method).__module__].__doc__ or ""))  # noqa: T201


def comparison(folders: list[Path], out: str, as_json: bool) -> None:
    """Runs side by side, on the screen and as a page."""
    from hibiscus.report import compare_runs
    from hibiscus.training.run import RunFolder

    rows: dict[str, dict[str, float]] = {}
    for folder in folders:
        kept = folder / "evaluation.json"
        rows[folder.name] = RunFolder(folder).read("evaluation.json")["metrics"] if kept.exists() else {}
    names = list(dict.fromkeys(name for metrics in rows.values() for name in metrics))
    table = [["", *rows], *([name, *(f"{metrics[name]:.4f}" if name in metrics else "-" for metrics in rows.values())] for name in names)]
    page = compare_runs(folders, Path(out))
    say({"runs": rows, "page": str(page)}, f"{_table(table)}\npage: {page}", as_json)


def train_help(method: str | None) -> None:
    """Help for `train`; after a method's name, all its options with their ranges and defaults."""
    usage = ["Usage: hibiscus train METHOD DATA [key=value ...] [--out FOLDER] [--seed N] [--device NAME]",
             "                      [--no-evaluate] [--demand 'test/accuracy>=0.9'] [--json] [--quiet] [--debug]"]  # fmt: skip
    if method is None:
        from hibiscus.methods.registry import list_methods

        usage += ["", "Methods:", _table([[entry.name, entry.summary] for entry in list_methods()])]
        usage += ["", "hibiscus train METHOD --help shows a method's options.", "",
                  "Example:", "  hibiscus train classify photos/ net=resnet20 epochs=30 --out runs/mine --seed 1"]  # fmt: skip
        print("\n".join(usage))  # noqa: T201
        return
    from hibiscus._config import explain_range
    from hibiscus.data.options import DataConfig
    from hibiscus.methods.registry import get_method
    from hibiscus.networks.registry import list_networks

    kind = get_method(method)
    for title, config in ((f"Options of {method}:", kind.Config), ("Options of its data:", DataConfig)):
        rows = []
        for name, field in config.model_fields.items():
            default = field.get_default(call_default_factory=True)
            rows.append(
                [f"{name}={default if default not in (None, '', {}) else ''}", explain_range(config, name), field.description or ""]
            )
        usage += ["", title, _table(rows)]
    if "net_options" in kind.Config.model_fields:
        rows = [[info.name, "  ".join(f"net.{key}={value}" for key, value in info.options.items())] for info in list_networks()]
        usage += ["", "Networks (net=NAME) and their options:", _table(rows)]
    usage += ["", "from=RUN  go on where a finished run ended (with more epochs=)", "", "Example:"]
    usage.append(f"  hibiscus train {method} {'photos/ net=resnet20' if method == 'classify' else 'table.csv target=COLUMN'} epochs=30")
    print("\n".join(usage))  # noqa: T201
