"""Output of `compare`: runs side by side, ranked on the validation part if they share their data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hibiscus.cli.console import emit, number, table, unused

__all__ = ["compare"]


def compare(folders: list[Path], out: str | None, as_json: bool) -> None:
    """Compares runs, on the screen and as a page in a new file.

    Raises:
        DataError: the file exists already.
        RunError: a folder is no run.
    """
    from hibiscus.errors import DataError
    from hibiscus.report import compare_runs
    from hibiscus.report.load import read_run
    from hibiscus.report.ranking import rank_by_validation
    from hibiscus.runs.destination import check_writable
    from hibiscus.runs.folder import RunFolder

    file = unused(Path("compare.html")) if out is None else Path(out).expanduser()
    if file.exists():
        raise DataError(f"--out {out}: exists already", "a new file", f"--out {unused(file)}")
    check_writable(file)
    records, names = [read_run(folder) for folder in folders], [folder.name for folder in folders]
    runs: dict[str, dict[str, float | None]] = {}
    for folder, record in zip(folders, records, strict=True):
        if (folder / "evaluation.json").exists():
            RunFolder(folder).read("evaluation.json")  # refused if it was changed
        name = folder.name if names.count(folder.name) == 1 else str(folder)
        runs[name] = record.evaluation.metrics
    data = {record.info.data.fingerprint for record in records}
    ranking = rank_by_validation(records) if len(data) == 1 else None
    validation: dict[str, Any] = {}
    if ranking is not None and ranking.metric:
        validation = {
            "metric": f"val/{ranking.metric}",
            "values": dict(zip(runs, ranking.values, strict=False)),
        }
    page = str(compare_runs(folders, file))
    result = {"runs": runs, "validation": validation, "same_data": len(data) == 1, "page": page}
    emit(result, _text(runs, validation, len(data) == 1, page), as_json)


def _text(
    runs: Mapping[str, Mapping[str, float | None]],
    validation: Mapping[str, Any],
    same_data: bool,
    page: str,
) -> str:
    """A table with one column per run, and what to know about it."""
    names = dict.fromkeys(name for metrics in runs.values() for name in metrics)
    rows = [["", *runs]]
    if validation:
        values = validation["values"]
        rows.append([f"{validation['metric']} *", *(number(values.get(run)) for run in runs)])
        names.pop(validation["metric"], None)
    rows += [[name, *(number(metrics.get(name)) for metrics in runs.values())] for name in names]
    lines = [table(rows)]
    if validation:
        lines.append("  * ranks the runs, at the selected epoch of each; the test part does not choose one")
    lines += [
        f"  {run}: not evaluated yet (hibiscus evaluate {run})"
        for run, metrics in runs.items()
        if not metrics
    ]
    if not same_data:
        lines.append("  not trained on the same data: compare with care")
    return "\n".join([*lines, f"page written to {page}"])
