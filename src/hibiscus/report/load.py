"""Reads a run folder into typed records; missing or incomplete files give notices, not errors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hibiscus.errors import RunError
from hibiscus.json_files import DIGEST, DIGESTS_SINCE, parse_json, read_limited, without_digest
from hibiscus.log_lines import LogLines
from hibiscus.report.coerce import as_list, as_mapping, as_number, clean, inside
from hibiscus.report.parse_items import parse_item
from hibiscus.report.parse_run import (
    parse_cross_validation,
    parse_epoch_line,
    parse_evaluation,
    parse_run_info,
)
from hibiscus.report.records import EpochLine, ItemRecord, RunRecord
from hibiscus.run_format import FORMAT, upgrade

__all__ = ["read_run"]

ITEM_FILES = {"report_items.json": "report_items", "exhibits.json": "exhibits"}  # the second in older runs


def read_run(folder: Path) -> RunRecord:
    """Reads a run folder.

    Raises:
        RunError: when there is no such folder, or neither a readable `run.json` nor a `crossval.json` in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(
            f"{folder} is not a folder",
            "a run folder, such as runs/classify-digits-001",
            "look at `ls runs`",
        )
    notices: list[str] = []
    info = as_mapping(_read_json(folder, "run.json", notices))
    crossval = (
        as_mapping(_read_json(folder, "crossval.json", notices))
        if (folder / "crossval.json").exists()
        else {}
    )
    if not info and not crossval:
        received = f"{folder} has no readable run.json"
        fix = "give the run folder itself, not the folder that contains it"
        raise RunError(received, "a run folder written by `hibiscus train`", fix)
    if as_number(info.get("format")) > FORMAT:
        notices.append(
            "The run was written by a newer version of Hibiscus; entries that are unknown here are left out."
        )
    evaluated = (folder / "evaluation.json").exists()
    digests = as_number(info.get("format")) >= DIGESTS_SINCE
    evaluation = as_mapping(_read_json(folder, "evaluation.json", notices, digests)) if evaluated else {}
    if not evaluated and not crossval:
        notices.append("evaluation.json is missing: the run has not been evaluated yet.")
    has_log, last_digest = not crossval and info.get("epochs_done") != 0, info.get("log_digest")
    return RunRecord(
        folder,
        parse_run_info(info),
        tuple(_read_log(folder, notices, has_log, last_digest)),
        parse_evaluation(evaluation),
        tuple(_read_items(folder, notices, evaluated, digests)),
        parse_cross_validation(crossval) if crossval else None,
        tuple(_sample_grids(folder)),
        tuple(notices),
    )


def _read_json(folder: Path, name: str, notices: list[str], digests: bool = False) -> Any:
    """The content of a JSON file; None if it was changed, except for `run.json`.

    Args:
        folder: of the run.
        name: of the file.
        notices: extended by what is wrong with it.
        digests: whether the run is of a format whose files have a digest, unless they name an older one.
    """
    content = _read(folder, name, notices, parse_json)
    is_item_list = isinstance(content, list) and name.startswith("evaluation/")  # of older runs
    if content is not None and not (isinstance(content, dict) or is_item_list):
        notices.append(f"{name} holds {type(content).__name__} instead of an object and is left out.")
        return None
    if isinstance(content, dict):
        expected = digests or name == "run.json"  # which every version wrote with its format
        is_known = DIGEST in content or isinstance(content.get("format"), int) or not expected
        content, unchanged = without_digest(content)
        unchanged = unchanged and is_known
        if not unchanged and name != "run.json":
            again = f": hibiscus evaluate {folder} --again" if name.startswith("evaluation") else ""
            notices.append(f"{name} was changed after it was written and is left out{again}.")
            return None
        if not unchanged:
            notices.append("run.json was changed after it was written; the page shows it as it is now.")
    return _upgraded(name, content)


def _upgraded(name: str, content: Any) -> Any:
    """The content with current names, and without characters that are invalid on a page."""
    with contextlib.suppress(
        AttributeError, KeyError, TypeError, ValueError
    ):  # content of another shape stays as it is
        content = upgrade(name, content)
    return clean(content)


def _read(folder: Path, name: str, notices: list[str], parse: Callable[[str], Any]) -> Any:
    path = folder / name
    try:
        content = parse(read_limited(path))
        if content is None:
            raise ValueError("it holds null")
        return content
    except FileNotFoundError:
        notices.append(f"{name} is missing.")
    except OSError as error:
        notices.append(f"{name} could not be read: {error.strerror or error}.")
    except ValueError as error:
        notices.append(f"{name} is truncated or cannot be read ({error}).")
    return None


def _read_log(folder: Path, notices: list[str], expected: bool, digest: Any) -> list[EpochLine]:
    if not expected and not (folder / "log.jsonl").exists():
        return []
    last = digest if isinstance(digest, str) else None
    log = _read(folder, "log.jsonl", notices, lambda text: LogLines(text, last)) or LogLines("")
    if log.fault or log.incomplete:
        fault = log.fault or "the last line is truncated"
        notices.append(f"log.jsonl: {fault}; the curves show the lines before that.")
    lines = [_upgraded("log.jsonl", line) for line in log.lines if line["event"] in ("epoch", "rounds")]
    return [parse_epoch_line(line) for line in lines]


def _read_items(folder: Path, notices: list[str], expected: bool, digests: bool) -> list[ItemRecord]:
    for name, key in ITEM_FILES.items():
        if (folder / "evaluation" / name).exists():
            content = _read_json(folder, f"evaluation/{name}", notices, digests)
            if isinstance(content, dict):
                content = content.get("report_items", content.get(key))
            elif digests and content is not None:
                notices.append(f"evaluation/{name} was changed after it was written and is left out.")
                continue
            items = [item for item in as_list(content) if isinstance(item, dict)]
            return [parse_item(item, folder / "evaluation") for item in items]
    if expected:
        notices.append(
            "evaluation/report_items.json is missing: tables and images of the evaluation are left out."
        )
    return []


def _sample_grids(folder: Path) -> list[Path]:
    try:
        grids = [
            path
            for path in (folder / "samples").glob("epoch-*.png")
            if inside(folder, f"samples/{path.name}")
        ]
        return sorted(grids, key=lambda path: (len(path.name), path.name))
    except OSError:
        return []
