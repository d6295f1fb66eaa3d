"""Tests of residuals: whether they are white noise, and normal.

Source: Ljung, Box, "On a measure of lack of fit in time series models", 1978; Durbin, Watson, "Testing for
serial correlation in least squares regression", 1950; Shapiro, Wilk, "An analysis of variance test for
normality", 1965.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from hibiscus.errors import DataError
from hibiscus.series.autocorrelation import ljung_box

__all__ = ["ResidualTests", "residual_tests"]

MOST = 5000  # residuals of the test of normality, whose p-values hold up to there
LAGS = 10


@dataclass(frozen=True)
class ResidualTests:
    """What the residuals of a model say.

    Args:
        ljung_box: p-value of no autocorrelation up to `lags`; small ones say that structure is left.
        lags: of the Ljung-Box test.
        shapiro_wilk: p-value of a normal distribution.
        durbin_watson: about 2 without correlation of neighbors, lower with a positive one.
    """

    ljung_box: float
    lags: int
    shapiro_wilk: float
    durbin_watson: float

    def words(self) -> str:
        """The tests in a sentence."""
        white = "no structure left" if self.ljung_box >= 0.05 else "structure is left"
        normal = "normal" if self.shapiro_wilk >= 0.05 else "not normal"
        return (
            f"residuals: {white} (Ljung-Box p = {self.ljung_box:.2g} at {self.lags} lags), {normal} "
            f"(Shapiro-Wilk p = {self.shapiro_wilk:.2g}), Durbin-Watson {self.durbin_watson:.2f}"
        )


def residual_tests(residuals: ArrayLike, parameters: int = 0, season: int = 1) -> ResidualTests:
    r"""Ljung-Box, Shapiro-Wilk and Durbin-Watson.

        DW = sum (e[t] - e[t-1])**2 / sum e[t]**2

    Args:
        residuals: one-step errors in the order of time (steps,).
        parameters: fitted coefficients at lags, which the degrees of freedom lack.
        season: with one, the test reaches to two seasons.

    Raises:
        DataError: fewer than eight residuals, or all equal.
    """
    e = np.asarray(residuals, dtype=np.float64)
    if e.ndim != 1 or len(e) < 8 or not np.isfinite(e).all() or np.ptp(e) == 0:
        raise DataError(
            f"residuals {e.shape}", "at least eight finite numbers that vary", "use a longer part"
        )
    lags = min(max(LAGS, parameters + 3, 2 * season if season > 1 else 0), len(e) // 3)
    parameters = min(parameters, lags - 1)
    recent = e[-MOST:]
    return ResidualTests(
        ljung_box(e, lags, parameters).p_value,
        lags,
        float(stats.shapiro(recent).pvalue),
        float((np.diff(e) ** 2).sum() / (e**2).sum()),
    )
