"""The `.ts` format of sktime and the UEA archive: a header of `@` lines, then a series on each line.

Colons separate the variables of a series, commas its values, and `?` stands for a missing one; the label or
the target value comes last. Lines and variables may have different numbers of values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hibiscus.data.arrays.series_lines import numbers_of
from hibiscus.data.memory_limit import check_memory
from hibiscus.errors import DataError

__all__ = ["TsFile", "read_ts"]

VALUE = 16  # bytes of memory for a value while it is read


@dataclass(frozen=True)
class TsFile:
    """The series of a `.ts` file.

    Args:
        values: float32 (items, steps, features), NaN where a value is missing and after the end of a series.
        labels: of each series; empty if the file has none.
        classes: that the header lists, in its order.
        is_number: whether the labels are numbers to predict.
    """

    values: np.ndarray
    labels: list[str]
    classes: list[str]
    is_number: bool


def read_ts(text: str, path: str | Path) -> TsFile:
    """The series and labels of a `.ts` file.

    Raises:
        DataError: no `@data`, time stamps, an unlisted class, or lines that cannot be read.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and line[0] not in "#%"]
    start = next((i for i, (_, line) in enumerate(lines) if line.lower() == "@data"), None)
    if start is None:
        raise DataError(f"{path}: no line @data", "a file of the .ts format", "download or save it again")
    header = dict(_header(line, f"{path}: line {number}") for number, line in lines[:start])
    if header.get("timestamps", ["false"])[:1] == ["true"]:
        received = f"{path}: series with time stamps (@timeStamps true)"
        fix = "resample them to regular steps and write the values only, with @timeStamps false"
        raise DataError(received, "values at regular steps", fix)
    is_number = header.get("targetlabel", ["false"])[:1] == ["true"]
    labeled = is_number or header.get("classlabel", ["false"])[:1] == ["true"]
    classes = header.get("classlabel", [])[1:]
    series, labels = _read_lines(lines[start + 1 :], path, labeled)
    if unknown := sorted(set(labels) - set(classes)) if classes else []:
        received = f"{path}: the class {unknown[0][:40]}"
        raise DataError(received, f"one of @classLabel: {', '.join(classes)[:200]}", "correct the header")
    return TsFile(_stacked(series, path), labels, classes, is_number)


def _header(line: str, where: str) -> tuple[str, list[str]]:
    """The name and the words of a header line; `true` and `false` in lower case."""
    if not line.startswith("@"):
        received = f"{where}: '{line[:40]}' above @data"
        raise DataError(received, "lines that begin with @", "download or save it again")
    name, *words = line[1:].split() or [""]
    return name.lower(), [word.lower() if word.lower() in ("true", "false") else word for word in words]


def _read_lines(
    lines: Sequence[tuple[int, str]], path: str | Path, labeled: bool
) -> tuple[list[list[np.ndarray]], list[str]]:
    """The variables of each series, and the labels."""
    series: list[list[np.ndarray]] = []
    labels: list[str] = []
    longest = 0
    for number, line in lines:
        where, variables = f"{path}: line {number}", line.split(":")
        if labeled:
            labels.append(variables.pop().strip())
        if not variables or (series and len(variables) != len(series[0])):
            expected = len(series[0]) if series else "at least one"
            received = f"{where} has {len(variables)} variables"
            raise DataError(received, f"{expected}, as the lines before, and a label", "correct the line")
        if "(" in line:
            received = f"{where} has time stamps in parentheses"
            raise DataError(received, "values at regular steps", "write the values only")
        fields = [[field.strip() for field in variable.split(",")] for variable in variables]
        longest = max(longest, *map(len, fields))
        check_memory(path, (len(series) + 1) * longest * len(fields), factor=VALUE)
        series.append([numbers_of(values, where) for values in fields])
    if not series:
        raise DataError(f"{path}: no series below @data", "a series on each line", "download it again")
    return series, labels


def _stacked(series: Sequence[Sequence[np.ndarray]], path: str | Path) -> np.ndarray:
    """The series as one array, with NaN after their end."""
    steps = max(len(values) for variables in series for values in variables)
    check_memory(path, 4 * len(series) * steps * len(series[0]))
    stacked = np.full((len(series), steps, len(series[0])), np.nan, np.float32)
    for item, variable, values in _flat(series):
        stacked[item, : len(values), variable] = values
    return stacked


def _flat(series: Sequence[Sequence[np.ndarray]]) -> Iterator[tuple[int, int, np.ndarray]]:
    for item, variables in enumerate(series):
        for variable, values in enumerate(variables):
            yield item, variable, values
