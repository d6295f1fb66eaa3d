"""Labeled windows of anomalies, read from a file of their own and used for evaluation only.

Three forms are known:

- JSON of the Numenta Anomaly Benchmark, `{"taxi.csv": [["2014-10-30 15:30", "2014-11-03 22:30"], ...]}`;
- a table with the columns `start` and `end` and, for several series, `series`;
- a table with a column of times and a column of 0 and 1; neighboring rows with 1 are one window.

Times are in the ISO form; the end of a window belongs to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.series.time_index import TimeIndex
from hibiscus.data.tables.read import read_text
from hibiscus.errors import DataError, nearest
from hibiscus.json_files import parse_json, read_limited

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["AnomalyWindow", "check_labels", "label_cells", "read_anomaly_windows"]

AnomalyWindow = tuple[str, str, str]  # the first and the last time, and the series; empty for all series
MOST = 100_000  # windows of one file
TRUTH = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}


def read_anomaly_windows(source: str) -> tuple[AnomalyWindow, ...]:
    """The windows of a file, in the order of time.

    Args:
        source: `FILE`; `FILE:KEY` for one entry of a JSON file, or one column of 0 and 1.

    Raises:
        DataError: no such file, a file of another form, or one that can be read in two ways.
    """
    path, key = Path(source).expanduser(), ""
    if not path.is_file() and ":" in source:
        name, key = source.rsplit(":", 1)
        path = Path(name).expanduser()
    if not path.is_file():
        raise DataError(f"anomalies={source}: no such file", "a file of labeled windows", "correct the path")
    windows = _from_json(path, key) if path.suffix.lower() == ".json" else _from_table(path, key)
    if len(windows) > MOST:
        raise DataError(f"{path}: {len(windows):,} windows", f"at most {MOST:,}", "merge neighboring ones")
    for start, end, _ in windows:
        if _time(path, start) > _time(path, end):
            raise DataError(f"{path}: a window from {start} to {end}", "start before end", "exchange them")
    return tuple(sorted(windows, key=lambda window: (window[2], _time(path, window[0]))))


def label_cells(windows: tuple[AnomalyWindow, ...], index: TimeIndex) -> np.ndarray:
    """Whether each cell of a grid lies in a window, bool (cells,).

    Raises:
        DataError: the rows have no times, or a window names a series that does not exist.
    """
    if windows and index.step.unit == "row":
        raise DataError("anomalies= for rows without times", "a column of times", "role.COLUMN=time")
    moments: dict[str, list[tuple[np.datetime64, np.datetime64]]] = {}
    for start, end, name in windows:
        if name and name not in index.names:
            raise DataError(
                f"an anomaly of the series {name}", "a series of the data", nearest(name, index.names)
            )
        moments.setdefault(name, []).append((_time("", start), _time("", end)))
    changes = np.zeros(len(index) + 1, np.int64)  # windows that begin at each cell less those that end
    for name, first, stop in zip(index.names, index.bounds[:-1], index.bounds[1:], strict=True):
        own = [*moments.get("", ()), *(moments.get(name, ()) if name else ())]
        if own:
            starts, ends = (np.array(column) for column in zip(*own, strict=True))
            times = index.times[first:stop]
            np.add.at(changes, first + np.searchsorted(times, starts, "left"), 1)
            np.subtract.at(changes, first + np.searchsorted(times, ends, "right"), 1)
    return np.cumsum(changes)[:-1] > 0


def check_labels(windows: tuple[AnomalyWindow, ...], index: TimeIndex) -> None:
    """Raises DataError if there are labeled windows, and none of them lies in the series."""
    if windows and not label_cells(windows, index).any():
        span = " to ".join(index.labels(np.array([0, len(index) - 1])))
        received = (
            f"{len(windows)} labeled windows (the first from {windows[0][0]}), and a series from {span}"
        )
        raise DataError(received, "windows in the time of the series", "the windows of this file: anomalies=")


def _from_json(path: Path, key: str) -> list[AnomalyWindow]:
    try:
        content = parse_json(read_limited(path))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}", "a JSON file of windows", "") from error
    if not isinstance(content, dict) or not content:
        raise DataError(f"{path}: no object", 'an object {"FILE": [["START", "END"], ...]}', "")
    names = [str(name) for name in content]
    if not key and len(names) > 1:
        received = f"{path}: windows of {len(names)} files ({', '.join(names[:5])})"
        fix = f"anomalies={path}:NAME with the name of your file, such as {names[0]}"
        raise DataError(received, "one of them", fix)
    if key and key not in content:
        raise DataError(f"{path}: no windows of {key}", "a key of the file", nearest(key, names))
    found = content[key or names[0]]
    pairs: list[Any] = found if isinstance(found, list) else [found]
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(time, str) for time in pair)):
            raise DataError(f"{path}: {str(pair)[:60]}", 'pairs of times, ["START", "END"]', "")
    return [(start, end, "") for start, end in pairs]


def _from_table(path: Path, key: str) -> list[AnomalyWindow]:
    frame = read_text(path).frame
    columns = {str(name).strip().lower(): name for name in frame.columns}
    if "start" in columns and "end" in columns and not key:
        names = frame[columns["series"]] if "series" in columns else [""] * len(frame)
        rows = zip(frame[columns["start"]], frame[columns["end"]], names, strict=True)
        return [(str(start), str(end), str(name)) for start, end, name in rows]
    return _runs(path, frame, key)


def _runs(path: Path, frame: DataFrame, key: str) -> list[AnomalyWindow]:
    """The windows of rows with a 1."""
    texts = {str(name): [str(value).strip().lower() for value in frame[name]] for name in frame.columns}
    labels = [name for name, values in texts.items() if set(values) <= TRUTH.keys()]
    times = [name for name, values in texts.items() if name not in labels and _is_time(values[:1])]
    if key and key not in labels:
        received = f"{path}: {key} is no column of 0 and 1"
        raise DataError(received, "a column of 0 and 1", nearest(key, labels) if labels else "")
    if len(times) != 1 or not (key or len(labels) == 1):
        received = f"{path}: {len(times)} columns of times, {len(labels)} of 0 and 1"
        fix = f"anomalies={path}:{labels[0]}" if len(times) == 1 and labels else ""
        raise DataError(received, "columns start and end, or one of times and one of 0 and 1", fix)
    moments = [str(value) for value in frame[times[0]]]
    marked = np.array([TRUTH[value] for value in texts[key or labels[0]]], bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(int)))
    pairs = edges.reshape(-1, 2)
    return [(moments[start], moments[stop - 1], "") for start, stop in pairs.tolist()]


def _is_time(values: list[str]) -> bool:
    try:
        return bool(values) and _moment(values[0]) is not None
    except ValueError:
        return False


def _time(path: Any, text: str) -> np.datetime64:
    try:
        return _moment(text)
    except ValueError:
        received = f"{path or 'anomalies'}: the time {text[:40]!r}"
        raise DataError(received, "a time such as 2014-10-30 or 2014-10-30 15:30", "correct it") from None


def _moment(text: str) -> np.datetime64:
    """A time of the ISO form, in UTC."""
    import pandas as pd

    if not text[:4].isdigit() or "-" not in text:
        raise ValueError(text)
    moment = pd.Timestamp(text)
    if moment is pd.NaT:
        raise ValueError(text)
    return (
        (moment if moment.tzinfo is None else moment.tz_convert(None))
        .to_datetime64()
        .astype("datetime64[ns]")
    )
