r"""Time series as standardized values on a regular grid, as learned from the training part only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from hibiscus.data.series.imputation import impute
from hibiscus.data.series.resampling import Resampling, parse_resampling
from hibiscus.data.series.steps import Step
from hibiscus.data.series.time_index import RowNames, TimeIndex, row_times
from hibiscus.data.series.transforms import Transforms
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.errors import DataError
from hibiscus.typed_values import Number, Positive, Size, expect, typed_value

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["SeriesPreparation"]


@dataclass(frozen=True)
class SeriesPreparation:
    r"""Variables of one or many series: filled, transformed and standardized.

        z = (transform(x) - mean) / std

    Statistics are those of the training part of all series together. A missing value is filled from the past
    of its own series.

    Args:
        time: the column of times; empty if the rows follow one another in steps.
        group: the column that names the series of a row; empty for a single series.
        targets: the variables to forecast.
        covariates: further variables, known up to the present.
        readings: how the columns of times, groups and variables are read.
        step: between two values.
        season: the steps of a season; 1 for none.
        horizon: the number of steps to forecast.
        transforms: of the variables.
        impute: what fills missing values.
        fallback: of each variable, where there is no past: the mean of the training part.
        mean: of each transformed variable.
        std: of each transformed variable.
        scale: the standard deviation of each variable in its own unit, in the training part.
        training_steps: of the longest series in the training part.
        training_cells: the steps of all series in the training part.
        resample: the step to which rows are averaged; empty if each row is a step.
        known: columns whose future is known.
        static: columns that are constant within each series.
    """

    time: str
    group: str
    targets: tuple[str, ...]
    covariates: tuple[str, ...]
    readings: Mapping[str, ColumnReading]
    step: Step
    season: Size
    horizon: Size
    transforms: Transforms
    impute: Annotated[str, Field(pattern="^(forward|past-mean|window-mean|seasonal|linear)$")]
    fallback: tuple[Number, ...]
    mean: tuple[Number, ...]
    std: tuple[Positive, ...]
    scale: tuple[Positive, ...]
    training_steps: Size
    training_cells: Size
    resample: str = ""
    known: TablePreparation | None = None
    static: TablePreparation | None = None
    kind: ClassVar[str] = "series"

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables in the order of the values: first those to forecast."""
        return (*self.targets, *self.covariates)

    @property
    def shape(self) -> tuple[int]:
        """The shape of one step."""
        return (len(self.variables),)

    def encode(self, frame: DataFrame) -> np.ndarray:
        r"""The variables as they are in each row, NaN where a value is missing, float64 (rows, variables).

        Raises:
            DataError: a column is missing.
        """
        needed = [*self.covariates, *filter(None, (self.time, self.group))]
        missing = [name for name in needed if name not in frame.columns]
        missing = missing or [name for name in self.targets if name not in frame.columns]
        if missing:
            columns = ", ".join(map(str, frame.columns))[:400]
            received = f"no column named {', '.join(missing[:5])} (there are {columns})"
            raise DataError(received, "the columns of training", "add the columns, or rename existing ones")
        return np.stack([self.readings[name].numbers(frame[name])[0] for name in self.variables], axis=1)

    def index(self, frame: DataFrame, file: str, ids: Sequence[str]) -> TimeIndex:
        """Where each row lies on the grid of its series, which has room for a forecast after its end."""
        rows = RowNames(file, ids, self.time, self.group)
        times = row_times(frame, rows, self.readings[self.time]) if self.time else None
        groups = frame[self.group].to_numpy() if self.group else None
        return TimeIndex.of(rows, times, groups, self.step, self.resampling, self.horizon)

    @property
    def resampling(self) -> Resampling | None:
        """How rows are averaged, if they are."""
        return parse_resampling(self.resample) if self.resample else None

    def filled(self, values: np.ndarray) -> np.ndarray:
        """Values of one series (steps, variables) without missing ones, each filled from its past."""
        return impute(values, self.impute, self.season, np.array(self.fallback))

    def standardized(self, filled: np.ndarray) -> np.ndarray:
        """Filled values of one series as the networks take them, float32 (steps, variables).

        The first steps of differences are 0, since they have no past.
        """
        values = (self.transforms.forward(filled) - np.array(self.mean)) / np.array(self.std)
        return np.nan_to_num(values, nan=0.0).astype(np.float32)

    def levels(self, forecasts: np.ndarray, history: np.ndarray) -> np.ndarray:
        r"""Forecasts of the target variables without their differences, as logarithms, roots or powers.

        `transforms.unpowered` gives them in their own unit.

        Args:
            forecasts: as networks give them (forecasts, steps, targets).
            history: the filled values before each forecast (forecasts, past, targets), at least
                `transforms.past` steps.

        Returns:
            float64 (forecasts, steps, targets).
        """
        count = len(self.targets)
        values = forecasts * np.array(self.std[:count]) + np.array(self.mean[:count])
        return self.transforms.integrated(values, history)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SeriesPreparation:
        """The saved preparation."""
        saved = typed_value(cls, data)
        count = len(saved.variables)
        expect(
            len(saved.targets) > 0 and len(set(saved.variables)) == count,
            "distinct variables, one to forecast",
        )
        used = {*saved.variables, *filter(None, (saved.time, saved.group))}
        expect(used <= set(saved.readings), "how each column is read")
        sizes = {len(each) for each in (saved.fallback, saved.mean, saved.std, saved.scale)}
        expect(sizes == {count}, f"a mean, a standard deviation and a fallback for {count} variables")
        own = saved.transforms
        powers = len(saved.targets) if own.kind == "box-cox" else 0
        expect(own.targets == len(saved.targets), "transforms of the variables to forecast")
        expect(len(own.lambdas) == len(own.scales) == powers, f"{powers} powers")
        expect(own.season == saved.season or not own.seasonal_difference, "one season")
        for table in filter(None, (saved.known, saved.static)):
            TablePreparation.from_json(asdict(table))
        return saved
