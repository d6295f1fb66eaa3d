"""Reads a run folder for the report; what is absent or half-written is named, never fatal."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hibiscus.errors import RunError

__all__ = ["RunFolder", "as_list", "as_mapping", "as_number", "as_text", "inside", "read_run"]

FORMAT = 1
LARGEST_FILE = 256 * 2**20  # bytes; a larger JSON file is not one that Hibiscus wrote
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class RunFolder:
    """Everything the report knows of a run, as it was found on disk.

    Args:
        folder: where it lies.
        info: `run.json`.
        lines: the lines of `log.jsonl` that could be read.
        evaluation: `evaluation.json`, or empty.
        report items: `evaluation/report_items.json`, or empty.
        crossval: `crossval.json`, or empty.
        samples: grids of images made along the way, the newest last.
        missing: one sentence for each file that is absent or could not be read.
    """

    folder: Path
    info: dict[str, Any]
    lines: list[dict[str, Any]] = field(default_factory=list)
    evaluation: dict[str, Any] = field(default_factory=dict)
    report_items: list[dict[str, Any]] = field(default_factory=list)
    crossval: dict[str, Any] = field(default_factory=dict)
    samples: list[Path] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The run's name, or the folder's."""
        return as_text(self.info.get("name")) or self.folder.resolve().name

    @property
    def status(self) -> str:
        """One of done, running, interrupted, failed, or `unknown`."""
        status = as_text(self.info.get("status")).lower()
        return status if status in {"done", "running", "interrupted", "failed"} else "unknown"


def read_run(folder: Path) -> RunFolder:
    """Reads a run folder.

    Raises:
        RunError: when there is no such folder, or neither a readable `run.json` nor a `crossval.json` in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"{folder} is not a folder", "a run folder, such as runs/classify-digits-001", "look at `ls runs`")
    missing: list[str] = []
    info = as_mapping(_json(folder, "run.json", missing))
    crossval = as_mapping(_json(folder, "crossval.json", missing)) if (folder / "crossval.json").exists() else {}
    if not info and not crossval:
        received = f"{folder} has no run.json that can be read"
        raise RunError(received, "a run folder made by `hibiscus train`", "give the run folder itself, not the one above it")
    version = as_number(info.get("format"))
    if math.isfinite(version) and version > FORMAT:
        missing.append("The run was written by a newer Hibiscus; what this one does not know is left out.")
    lines = _log(folder, missing, expected=not crossval)
    measured = (folder / "evaluation.json").exists()
    evaluation = as_mapping(_json(folder, "evaluation.json", missing)) if measured else {}
    if not measured and not crossval:
        missing.append("evaluation.json is missing: the run has not been measured on its test part yet.")
    shown: list[Any] = []
    if (folder / "evaluation" / "report_items.json").exists():
        found = _json(folder, "evaluation/report_items.json", missing)
        shown = as_list(found.get("report_items")) if isinstance(found, dict) else as_list(found)
    report_items = [one for one in shown if isinstance(one, dict)]
    return RunFolder(folder, info, lines, evaluation, report_items, crossval, _samples(folder), missing)


def as_mapping(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else []


def as_text(value: Any) -> str:
    """A word for any value; nothing for None."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def as_number(value: Any) -> float:
    """The value as a float; not a number where it is none (null, "NaN", text, true)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def inside(folder: Path, name: Any) -> Path | None:
    """The file of that name within a folder, or None where it is absent or leads out of it."""
    if not isinstance(name, str) or not name:
        return None
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        return None


def _json(folder: Path, name: str, missing: list[str]) -> Any:
    def parse(text: str) -> Any:
        return _clean(json.loads(text))

    return _read(folder, name, missing, parse)


def _read(folder: Path, name: str, missing: list[str], parse: Callable[[str], Any]) -> Any:
    path = folder / name
    try:
        if path.stat().st_size > LARGEST_FILE:
            missing.append(f"{name} is larger than {LARGEST_FILE // 2**20} MB and was passed over.")
            return None
        return parse(path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        missing.append(f"{name} is missing.")
    except OSError as error:
        missing.append(f"{name} could not be read: {error.strerror or error}.")
    except (ValueError, RecursionError):
        missing.append(f"{name} is cut short or is not JSON.")
    return None


def _log(folder: Path, missing: list[str], expected: bool) -> list[dict[str, Any]]:
    if not expected and not (folder / "log.jsonl").exists():
        return []
    bad = 0

    def parse(text: str) -> list[dict[str, Any]]:
        nonlocal bad
        lines = []
        for row in text.splitlines():
            if '"epoch"' not in row and '"rounds"' not in row:
                continue
            try:
                line = json.loads(row)
            except (ValueError, RecursionError):
                bad += 1
                continue
            if isinstance(line, dict):
                lines.append(_clean(line))
        return lines

    lines = _read(folder, "log.jsonl", missing, parse) or []
    if bad:
        missing.append(f"log.jsonl has {bad} line{'s' * (bad > 1)} that could not be read; the curves are made without.")
    return lines


def _clean(value: Any) -> Any:
    """Takes characters that no page may hold (control, direction override, lone surrogate) out of every text."""
    if isinstance(value, str):
        return UNPRINTABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {UNPRINTABLE.sub("\ufffd", key): _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value


def _samples(folder: Path) -> list[Path]:
    try:
        found = [path for path in (folder / "samples").glob("epoch-*.png") if inside(folder, f"samples/{path.name}")]
        return sorted(found, key=lambda path: (len(path.name), path.name))
    except OSError:
        return []
