r"""Logarithm, square root, Box-Cox and differences of the variables to forecast, and their exact inverses.

The power comes first, then the differences: $w = (1 - B^m)^D (1 - B)^d f(y)$ with the backshift $B$.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from hibiscus.data.series.powers import LAMBDAS, fit_box_cox, power, power_inverse
from hibiscus.errors import ConfigError, DataError, nearest
from hibiscus.plurals import plural
from hibiscus.typed_values import typed_value

__all__ = ["TRANSFORMS", "Transforms"]

TRANSFORMS = ("none", "log", "sqrt", "box-cox")
Power = Annotated[float, Field(ge=LAMBDAS[0], le=LAMBDAS[1])]
Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class Transforms:
    r"""Invertible functions of the first variables of a series; other variables stay as they are.

    Args:
        kind: one of `TRANSFORMS`.
        targets: the number of variables that are transformed, which come first.
        difference: how many times the differences of neighboring steps are taken.
        seasonal_difference: how many times those of neighboring seasons are.
        season: the steps of a season.
        lambdas: of Box-Cox, $\lambda$ of each transformed variable.
        scales: of Box-Cox, $g$ of each transformed variable.
    """

    kind: Annotated[str, Field(pattern="^(none|log|sqrt|box-cox)$")] = "none"
    targets: Annotated[int, Field(ge=0)] = 1
    difference: Annotated[int, Field(ge=0, le=3)] = 0
    seasonal_difference: Annotated[int, Field(ge=0, le=3)] = 0
    season: Annotated[int, Field(ge=1)] = 1
    lambdas: tuple[Power, ...] = ()
    scales: tuple[Scale, ...] = ()

    @classmethod
    def none(cls, variables: int) -> Transforms:
        """The identity."""
        return cls(targets=variables)

    @classmethod
    def fit(
        cls,
        train: np.ndarray,
        names: Sequence[str],
        kind: str = "none",
        difference: int = 0,
        seasonal_difference: int = 0,
        season: int = 1,
        targets: int | None = None,
    ) -> Transforms:
        r"""The transforms with the parameters that maximize the likelihood of the training part.

        Args:
            train: the training part of all series, one after another; may contain NaN.
            names: of the variables.
            kind: one of `TRANSFORMS`.
            difference: see the class.
            seasonal_difference: see the class.
            season: see the class.
            targets: how many of the first variables are transformed; all by default.

        Shapes: train (steps, variables).

        Raises:
            ConfigError: there is no such transform, or seasonal differences without a season.
            DataError: a value has no logarithm or square root.
        """
        if kind not in TRANSFORMS:
            raise ConfigError(
                f"transform={kind}", f"one of {', '.join(TRANSFORMS)}", nearest(kind, list(TRANSFORMS))
            )
        if seasonal_difference and season < 2:
            raise ConfigError(
                f"seasonal_difference={seasonal_difference} of a series without a season",
                "the steps of a season",
                "season=12 for monthly values of a year, or seasonal_difference=0",
            )
        count = train.shape[1] if targets is None else targets
        transforms = cls(kind, count, difference, seasonal_difference, season)
        transforms.check(train, names)
        lambdas, scales = (), ()
        if kind == "box-cox":
            fitted = [fit_box_cox(train[:, variable]) for variable in range(count)]
            lambdas, scales = tuple(exponent for exponent, _ in fitted), tuple(scale for _, scale in fitted)
        return cls(kind, count, difference, seasonal_difference, season, lambdas, scales)

    @property
    def past(self) -> int:
        """The steps before a forecast that its inverse needs."""
        return self.difference + self.seasonal_difference * self.season

    def forward(self, values: np.ndarray) -> np.ndarray:
        r"""The transformed values of one series; NaN in the first `past` steps, which have no difference.

        Shapes: values (steps, variables); returns float64 (steps, variables).

        Raises:
            DataError: a value has no logarithm or square root.
        """
        self.check(values)
        transformed = np.array(values, np.float64)
        part = power(transformed[:, : self.targets], self.kind, *self._box_cox(self.targets))
        for lag in self._lags():
            differences = np.full_like(part, np.nan)
            differences[lag:] = part[lag:] - part[:-lag]
            part = differences
        transformed[:, : self.targets] = part
        return transformed

    def inverse(self, forecast: np.ndarray, history: np.ndarray) -> np.ndarray:
        r"""Forecasts in the original unit: `unpowered` of `integrated`.

        Args:
            forecast: transformed values of the next steps.
            history: the values of the `past` steps before them (or more) in the original unit.

        Shapes: forecast (n, H, V), history (n, P, V) with P >= past and the transformed variables first;
        returns float64 (n, H, V).
        """
        return self.unpowered(self.integrated(forecast, history))

    def integrated(self, forecast: np.ndarray, history: np.ndarray) -> np.ndarray:
        r"""Forecasts without their differences, still as logarithms, roots or Box-Cox powers.

        Shapes: as `inverse`.
        """
        values = np.array(forecast, np.float64)
        if not self.past:
            return values
        count, steps, coefficients = min(self.targets, values.shape[2]), values.shape[1], self._coefficients()
        known = self.powered(np.asarray(history, np.float64)[:, -self.past :, :count])
        levels = np.concatenate([known, values[:, :, :count]], axis=1)
        for step in range(self.past, self.past + steps):
            before = levels[:, step - self.past : step][:, ::-1]
            levels[:, step] -= np.einsum("k,nkv->nv", coefficients[1:], before)
        values[:, :, :count] = levels[:, self.past :]
        return values

    def powered(self, values: np.ndarray) -> np.ndarray:
        """The logarithms, roots or Box-Cox powers of values (..., V) in the original unit, float64."""
        powered = np.array(values, np.float64)
        count = min(self.targets, powered.shape[-1])
        powered[..., :count] = power(powered[..., :count], self.kind, *self._box_cox(count))
        return powered

    def unpowered(self, values: np.ndarray) -> np.ndarray:
        """The inverse of `powered`."""
        original = np.array(values, np.float64)
        count = min(self.targets, original.shape[-1])
        original[..., :count] = power_inverse(original[..., :count], self.kind, *self._box_cox(count))
        return original

    def check(self, values: np.ndarray, names: Sequence[str] = (), ids: Sequence[str] = ()) -> None:
        r"""Refuses values that have no logarithm or square root.

        Args:
            values: of the variables, NaN where they are missing.
            names: of the variables.
            ids: a readable name for each step.

        Shapes: values (steps, variables).

        Raises:
            DataError: such a value; the message gives the first one and its row.
        """
        if self.kind == "none":
            return
        for variable in range(self.targets):
            column = values[:, variable]
            bad = np.flatnonzero(column < 0 if self.kind == "sqrt" else column <= 0)
            if len(bad):
                name = f"'{names[variable]}'" if len(names) else f"variable {variable + 1}"
                row = ids[int(bad[0])] if len(ids) else f"step {bad[0] + 1}"
                raise self._refusal(name, row, column, len(bad))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**asdict(self), "lambdas": list(self.lambdas), "scales": list(self.scales)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Transforms:
        """The saved transforms."""
        return typed_value(cls, data)

    def _refusal(self, name: str, row: str, column: np.ndarray, count: int) -> DataError:
        negative = bool((column < 0).any())
        limit = "at least 0" if self.kind == "sqrt" else "above 0"
        first = column[column < 0][0] if self.kind == "sqrt" else column[column <= 0][0]
        values = plural(count, "value that is", "values that are")
        return DataError(
            f"transform={self.kind}: {name} has {values} not {limit} (first: {row}, {first:g})",
            f"values {limit}",
            "transform=none" if negative else "transform=sqrt, which takes 0, or transform=none",
        )

    def _lags(self) -> list[int]:
        return [self.season] * self.seasonal_difference + [1] * self.difference

    def _coefficients(self) -> np.ndarray:
        """Of $(1 - B^m)^D (1 - B)^d$, by the power of $B$."""
        product = np.ones(1)
        for lag in self._lags():
            product = np.convolve(product, np.concatenate([[1.0], np.zeros(lag - 1), [-1.0]]))
        return product

    def _box_cox(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        return np.array(self.lambdas[:count]), np.array(self.scales[:count])
