r"""Whether the mean and the spread of a series stay the same over time: two tests with opposite hypotheses.

    ADF    diff x_t = c + g x_{t-1} + sum_j d_j diff x_{t-j} + e_t     H0: g = 0, a unit root
    KPSS   sum_t S_t^2 / (n^2 long-run variance), S_t = sum_{i<=t} e_i   H0: stationary

Each rejects its hypothesis where its statistic lies beyond the critical value: below it for ADF, above it for
KPSS. Read together, with a constant and with a trend:

    ADF rejects, KPSS does not                stationary
    the same, only around a trend             trend-stationary: remove the trend
    ADF does not reject, KPSS does            difference-stationary: take differences
    both reject                               neither: a changing level or spread, or a very long memory
    neither rejects                           undecided, usually too few steps

Reference: Said, Dickey, 1984; Kwiatkowski, Phillips, Schmidt, Shin, "Testing the null hypothesis of
stationarity against the alternative of a unit root", 1992.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.series.series_values import call_quietly, from_extra, one_variable

__all__ = ["LEVELS", "Stationarity", "UnitRootTest", "adf", "kpss", "stationarity"]

MINIMUM = 12  # steps, below which the tests say nothing
LEVELS: tuple[str, ...] = ("1%", "5%", "10%")
STATIONARY, TREND, DIFFERENCE, BOTH, UNDECIDED = (
    "stationary",
    "trend-stationary",
    "difference-stationary",
    "both tests reject",
    "undecided",
)
ADVICE = {
    STATIONARY: "no differences are needed",
    TREND: "remove the trend",
    DIFFERENCE: "take differences",
    BOTH: "look for changes of level or spread and for seasons",
    UNDECIDED: "too few steps, or too much noise, to tell",
}


@dataclass(frozen=True)
class UnitRootTest:
    """The result of ADF or KPSS.

    Args:
        name: `ADF` or `KPSS`.
        statistic: compared with the critical values.
        p_value: interpolated in a table, and no more than a bound beyond its ends; see `notes`.
        lags: the lags of ADF, chosen by AIC, or those of the long-run variance of KPSS.
        critical_values: at the levels `1%`, `5%` and `10%`.
        notes: what statsmodels warned of.
    """

    name: str
    statistic: float
    p_value: float
    lags: int
    critical_values: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def rejects(self) -> bool:
        """Whether the hypothesis is rejected at 5 %: a unit root by ADF, stationarity by KPSS."""
        critical = self.critical_values["5%"]
        return self.statistic < critical if self.name == "ADF" else self.statistic > critical


@dataclass(frozen=True)
class Stationarity:
    """ADF and KPSS with a constant, and with a trend, and what they say together."""

    adf: UnitRootTest
    kpss: UnitRootTest
    adf_trend: UnitRootTest
    kpss_trend: UnitRootTest

    @property
    def verdict(self) -> str:
        """`stationary`, `trend-stationary`, `difference-stationary`, `both tests reject` or `undecided`."""
        if self.adf.rejects and not self.kpss.rejects:
            return STATIONARY
        if self.adf_trend.rejects and not self.kpss_trend.rejects:
            return TREND
        if self.adf.rejects or self.adf_trend.rejects:
            return BOTH
        return DIFFERENCE if self.kpss.rejects else UNDECIDED

    @property
    def advice(self) -> str:
        """What to do before a model that needs a stationary series is fitted."""
        return ADVICE[self.verdict]


def adf(values: Any, trend: bool = False, max_lags: int | None = None) -> UnitRootTest:
    """The augmented Dickey-Fuller test; its lags are chosen by AIC.

    Args:
        values: the series, not constant.
        trend: whether the alternative is stationary around a linear trend instead of a constant.
        max_lags: the most lags tried; by default 12 (n / 100)^(1/4).

    Raises:
        DataError: fewer than 12 steps, or a value that is not finite.
        MissingExtraError: statsmodels is not installed.
    """
    series = one_variable(values, MINIMUM)
    tools = from_extra("statsmodels.tsa.stattools", "the augmented Dickey-Fuller test")
    if np.ptp(series) == 0:  # a constant has no unit root, and nothing to regress on
        return UnitRootTest("ADF", -np.inf, 0.0, 0, dict.fromkeys(LEVELS, 0.0), ("the series is constant",))
    result, notes = call_quietly(
        tools.adfuller, series, maxlag=max_lags, regression="ct" if trend else "c", autolag="AIC"
    )
    return _test("ADF", result[0], result[1], result[2], result[4], notes)


def kpss(values: Any, trend: bool = False) -> UnitRootTest:
    """The KPSS test; the bandwidth of its long-run variance follows from the data (Hobijn et al., 1998).

    Args:
        values: the series.
        trend: whether the hypothesis is stationarity around a linear trend instead of a constant.

    Raises:
        DataError: fewer than 12 steps, or a value that is not finite.
        MissingExtraError: statsmodels is not installed.
    """
    series = one_variable(values, MINIMUM)
    tools = from_extra("statsmodels.tsa.stattools", "the KPSS test")
    if np.ptp(series) == 0:
        return UnitRootTest("KPSS", 0.0, 1.0, 0, dict.fromkeys(LEVELS, 1.0), ("the series is constant",))
    with np.errstate(divide="ignore", invalid="ignore"):
        result, notes = call_quietly(tools.kpss, series, regression="ct" if trend else "c", nlags="auto")
    return _test("KPSS", result[0], result[1], result[2], result[3], notes)


def stationarity(values: Any, max_lags: int | None = None) -> Stationarity:
    """ADF and KPSS, each with a constant and with a trend; see `Stationarity` for how they are read."""
    tests = (adf(values, False, max_lags), kpss(values), adf(values, True, max_lags), kpss(values, True))
    return Stationarity(*tests)


def _test(
    name: str, statistic: float, p_value: float, lags: int, critical: dict[str, float], notes: tuple[str, ...]
) -> UnitRootTest:
    bound = [f"the p-value of {name} is only a bound: {note}" for note in notes if "p-value" in note]
    others = [note for note in notes if "p-value" not in note]
    values = {level: float(critical[level]) for level in LEVELS}
    return UnitRootTest(name, float(statistic), float(p_value), int(lags), values, (*bound, *others))
