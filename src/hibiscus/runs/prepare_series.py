"""Which columns of a table are variables of a time series, and what is learned from their training part."""

from __future__ import annotations

import dataclasses

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.named_errors import named_errors
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.series.imputation import check_look_ahead, impute
from hibiscus.data.series.preparation import SeriesPreparation
from hibiscus.data.series.resampling import aggregate
from hibiscus.data.series.series_split import default_horizon, season_of
from hibiscus.data.series.time_index import TimeIndex, group_column, index_of
from hibiscus.data.series.transforms import Transforms
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.columns import as_texts
from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.data.time_split import time_column
from hibiscus.errors import ConfigError, DataError, nearest

__all__ = ["fit_series", "refuse_series_options"]

SPREAD = 1e-12  # of a variable, relative to its size, below which it is constant


def fit_series(dataset: Dataset, train: np.ndarray, options: DataConfig) -> SeriesPreparation:
    """Learns scales and transforms of the variables from the training rows.

    Raises:
        ConfigError: an option names a column that does not exist, or a rule that looks ahead.
        DataError: no variable to forecast, or one that is constant in the training part.
    """
    check_look_ahead(options.impute, options.look_ahead)
    whole, group = index_of(dataset, options.group, options.resample), group_column(dataset, options.group)
    frame, time = raw_field(dataset, "series"), time_column(dataset)
    known, static = _known(dataset, options), _static(dataset, train, group)
    targets, covariates = _variables(dataset, {*known, *static})
    names = [*targets, *covariates, *filter(None, (time, group))]
    roles = dataset.roles
    readings = {name: dataset.readings.get(name, ColumnReading.plain(roles[name])) for name in names}
    for name in (*targets, *covariates):
        readings[name] = dataclasses.replace(readings[name], role="number")
    season, table = season_of(whole, options.season), frame.iloc[train]
    horizon = options.horizon or default_horizon(whole, season)
    _note_rows(dataset, whole, options, f"season={season}, horizon={horizon}")
    prepared = SeriesPreparation(
        time=time or "", group=group or "", targets=tuple(targets), covariates=tuple(covariates),
        readings=readings, step=whole.step, season=season,
        horizon=horizon, transforms=Transforms.none(len(names)),
        impute=options.impute, fallback=(0.0,), mean=(0.0,), std=(1.0,), scale=(1.0,),
        training_steps=1, training_cells=1,
        resample=options.resample or "",
        known=TablePreparation.fit(table, known, readings=dataset.readings) if known else None,
        static=TablePreparation.fit(table, static, readings=dataset.readings) if static else None,
    )  # fmt: skip
    encoded = prepared.encode(table)
    with named_errors(dataset.path):
        ids = [dataset.ids[row] for row in train]
        Transforms(options.transform, len(targets)).check(encoded, prepared.variables, ids)
    return _scaled(dataset.path, prepared, _training_series(prepared, whole, encoded, train), options)


def refuse_series_options(options: DataConfig) -> None:
    """Raises ConfigError for an option of time series, which has no effect on other data."""
    for name, field in DataConfig.model_fields.items():
        value = getattr(options, name)
        if (field.description or "").startswith("series: ") and value != field.default:
            received = f"{name}={value} for a method without time series"
            raise ConfigError(received, "a method for them, such as forecast", f"omit {name}")


def _training_series(
    prepared: SeriesPreparation, whole: TimeIndex, encoded: np.ndarray, train: np.ndarray
) -> list[np.ndarray]:
    """The values of each series in the training part (steps, variables), NaN where they are missing."""
    cells, parts = whole.cells[train], []
    how = prepared.resampling.aggregate if prepared.resampling else "mean"
    values = aggregate(encoded, cells, len(whole), how)
    for start, end in zip(whole.bounds[:-1], whole.bounds[1:], strict=True):
        own = cells[(cells >= start) & (cells < end)]
        if len(own):
            parts.append(values[own.min() : own.max() + 1])
    return parts


def _note_rows(dataset: Dataset, index: TimeIndex, options: DataConfig, chosen: str) -> None:
    """Notes on the dataset the step and what is chosen by it, rows out of order, and steps without a row."""
    notes = list(index.notes)
    if index.step.unit != "row":
        several = f" {len(index.names)} series" if len(index.names) > 1 else ""
        notes.append(f"steps of {index.step}:{several} from {index.labels(np.array([0]))[0]}; {chosen}")
    else:
        notes.append(
            "no column of times: each row is a step, in the order of the file; role.COLUMN=time names one; "
            + chosen
        )
    empty = np.setdiff1d(np.arange(len(index)), index.cells)
    if len(empty):
        first = index.labels(empty[:1])[0]
        notes.append(
            f"{len(empty):,} of {len(index):,} steps have no row (first: {first}); "
            f"impute={options.impute} fills them"
        )
    dataset.notes += [note for note in notes if note not in dataset.notes]


def _scaled(
    path: str, prepared: SeriesPreparation, series: list[np.ndarray], options: DataConfig
) -> SeriesPreparation:
    joined = np.concatenate(series)
    for name, column in zip(prepared.variables, joined.T, strict=True):
        found = column[np.isfinite(column)]
        if not len(found) or found.std() <= SPREAD * abs(found.mean()):
            what = "is constant" if len(found) else "has no numbers"
            received = f"{path}: {name} {what} in the training part"
            raise DataError(
                received, "values that differ", f"role.{name}=ignore leaves it out, or another target"
            )
    fallback = tuple(np.nanmean(joined, axis=0).tolist())
    prepared = dataclasses.replace(prepared, fallback=fallback)
    filled = [impute(values, prepared.impute, prepared.season, np.array(fallback)) for values in series]
    transforms = Transforms.fit(
        np.concatenate(filled), prepared.variables, options.transform, options.difference,
        options.seasonal_difference, prepared.season, len(prepared.targets),
    )  # fmt: skip
    forward = np.concatenate([transforms.forward(values) for values in filled])
    if np.isnan(forward).all(axis=0).any():
        received = f"{path}: {len(forward)} training steps, of which differences leave none"
        raise DataError(received, f"more than {transforms.past} steps", "difference=0 seasonal_difference=0")
    mean, std = np.nanmean(forward, axis=0), np.nanstd(forward, axis=0)
    std = np.where(std > 0, std, 1.0)
    return dataclasses.replace(
        prepared, transforms=transforms, mean=tuple(mean.tolist()), std=tuple(std.tolist()),
        scale=tuple(np.nanstd(joined, axis=0).tolist()), training_steps=max(map(len, series)),
        training_cells=len(joined),
    )  # fmt: skip


def _variables(dataset: Dataset, others: set[str]) -> tuple[list[str], list[str]]:
    """The variables to forecast, and further ones: the targets, by default all numbers."""
    roles = {name: role for name, role in dataset.roles.items() if name not in others}
    targets = [name for name, role in roles.items() if role == "target"]
    numbers = [name for name, role in roles.items() if role == "number"]
    if not targets and not numbers:
        found = ", ".join(f"{name}: {role}" for name, role in dataset.roles.items())
        received = f"{dataset.path}: no column of numbers to forecast ({found[:400]})"
        raise DataError(received, "at least one column of numbers", "role.COLUMN=number, or target=COLUMN")
    return (targets, numbers) if targets else (numbers, [])


def _known(dataset: Dataset, options: DataConfig) -> dict[str, str]:
    """The columns whose future is known, with their roles."""
    known = {}
    for name in options.known_future or ():
        role = dataset.roles.get(name)
        if role not in ("number", "category"):
            usable = [column for column, kind in dataset.roles.items() if kind in ("number", "category")]
            received = f"known_future={name}" + (f": its role is {role}" if role else ": no such column")
            raise ConfigError(received, "a column of numbers or categories", nearest(name, usable))
        known[name] = role
    return known


def _static(dataset: Dataset, train: np.ndarray, group: str | None) -> dict[str, str]:
    """The columns that are constant within each of several series, with their roles."""
    if group is None:
        return {}
    frame = raw_field(dataset, "series").iloc[train]
    series, static = as_texts(frame[group]).astype(str), {}
    for name, role in dataset.roles.items():
        if role in ("number", "category") and name in frame.columns:
            pairs = set(zip(series.tolist(), as_texts(frame[name]).tolist(), strict=True))
            if len(pairs) == len(set(series.tolist())) > 1:
                static[name] = role
    return static
