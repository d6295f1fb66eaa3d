r"""The orders of ARIMA models: differences by tests, the others by the Akaike criterion (AIC).

    phi(B) Phi(B**m) (1 - B)**d (1 - B**m)**D x[t] = c + theta(B) Theta(B**m) e[t]          (p,d,q)(P,D,Q)m
    AIC  = -2 log L + 2 k,    AICc = AIC + 2 k (k + 1) / (n - k - 1),    k: all coefficients and the variance

1. D = 1 if the seasonal component of an STL decomposition is strong. d is raised, to 2 at most, while KPSS
   rejects stationarity and the augmented Dickey-Fuller test does not reject a unit root.
2. From four models, a search changes p and q, P and Q, or the constant by 1 while the AIC falls. Models with
   a root on or near the unit circle do not count. The likelihood is exact (innovations algorithm).
3. Of the models whose AIC is within `TIE` of the lowest, the one with the fewest coefficients is taken: the
   lowest AIC alone has a coefficient too many in about 16 % of the cases for each that can be added.

Source: Hyndman, Khandakar, "Automatic time series forecasting: the forecast package for R", 2008; Burnham,
Anderson, Model Selection and Multimodel Inference, 2002, section 2.6.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import MissingExtraError
from hibiscus.series.stationarity import adf, kpss

__all__ = ["TIE", "ArimaOrder", "FittedArima", "differences", "fit_arma", "search_orders"]

Array = NDArray[np.float64]

MOST, MOST_SEASONAL, FITS = 5, 2, 40  # the largest p and q, P and Q; models that are tried
TIE = 2.0  # differences in AIC that do not count as evidence
STRONG_SEASON = 0.64  # of the seasonal strength of Hyndman and Athanasopoulos, 1 at most
NEAR_UNIT = 1.01  # of the modulus of a root


@dataclass(frozen=True, order=True)
class ArimaOrder:
    """(p,d,q)(P,D,Q) and whether there is a constant."""

    p: int = 0
    d: int = 0
    q: int = 0
    P: int = 0
    D: int = 0
    Q: int = 0
    constant: bool = False

    @property
    def coefficients(self) -> int:
        """The number of fitted coefficients, without the variance."""
        return self.p + self.q + self.P + self.Q + self.constant

    def words(self, season: int) -> str:
        """As `ARIMA(1,1,1)(0,1,1)12`, with a note on orders that are rarely needed."""
        seasonal = f"({self.P},{self.D},{self.Q}){season}" if self.P or self.D or self.Q else ""
        name = f"ARIMA({self.p},{self.d},{self.q}){seasonal}" + (" with a constant" if self.constant else "")
        suspicious = self.d >= 2 or max(self.p, self.q) >= 5
        return f"{name} (suspicious: d >= 2, or p or q >= 5)" if suspicious else name


@dataclass(frozen=True)
class FittedArima:
    """An order with its coefficients, in the order of p, q, P, Q, and the mean of the differenced series."""

    order: ArimaOrder
    ar: tuple[float, ...]
    ma: tuple[float, ...]
    seasonal_ar: tuple[float, ...]
    seasonal_ma: tuple[float, ...]
    mean: float
    variance: float
    criterion: float


def search_orders(
    x: Array,
    season: int = 1,
    criterion: Literal["aic", "aicc"] = "aicc",
    tie: float = TIE,
    fits: int | None = None,
) -> FittedArima:
    """The chosen order with its coefficients.

    Args:
        x: the steps for fitting (steps,).
        season: steps in a season; 1 for models without seasonal orders.
        criterion: `aic`, or `aicc`, which differs for short series.
        tie: the difference in the criterion up to which the model with fewer coefficients is taken.
        fits: the number of models that are tried at most; `FITS` by default.

    Raises:
        MissingExtraError: statsmodels is not installed.
    """
    _statsmodels()
    d, seasonal_d = differences(x, season)
    z = _differenced(x, d, seasonal_d, season)
    constant = d + seasonal_d < 2
    seasonal_most = MOST_SEASONAL if season > 1 and len(z) > 3 * season else 0
    tried: dict[ArimaOrder, FittedArima | None] = {}

    def score(order: ArimaOrder) -> float:
        if order not in tried:
            full = len(tried) >= (fits or FITS) or order.coefficients + 2 >= len(z) // 3
            tried[order] = None if full else fit_arma(z, order, season, criterion)
        found = tried[order]
        return np.inf if found is None else found.criterion

    cut = min(1, seasonal_most)
    starts = [
        ArimaOrder(p, d, q, min(P, cut), seasonal_d, min(Q, cut), constant)
        for p, q, P, Q in ((0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1), (2, 2, 1, 1))
    ]
    best = min(starts, key=score)
    improved = True
    while improved:
        improved = False
        for order in _neighbors(best, d + seasonal_d < 2, seasonal_most):
            if score(order) < score(best):
                best, improved = order, True
                break
    fitted = [model for model in tried.values() if model is not None]
    if not fitted:  # too short for any model: white noise around the mean, or a random walk
        order = ArimaOrder(d=d, D=seasonal_d)
        return FittedArima(order, (), (), (), (), 0.0, float(z.var()) or 1.0, np.inf)
    lowest = min(model.criterion for model in fitted)
    close = [model for model in fitted if model.criterion <= lowest + tie]
    return min(close, key=lambda model: (model.order.coefficients, model.criterion))


def differences(x: Array, season: int = 1) -> tuple[int, int]:
    """The number of differences d and of seasonal differences D that the tests ask for."""
    seasonal = int(season > 1 and len(x) >= 3 * season and _seasonal_strength(x, season) > STRONG_SEASON)
    z, d = _differenced(x, 0, seasonal, season), 0
    while d < 2 and len(z) > 12 and np.ptp(z) > 0 and kpss(z).rejects and not adf(z).rejects:
        z, d = np.diff(z), d + 1
    return d, seasonal


def fit_arma(
    z: Array, order: ArimaOrder, season: int, criterion: Literal["aic", "aicc"] = "aic"
) -> FittedArima | None:
    """The maximum likelihood fit to a differenced series; None where there is none with stable roots.

    Args:
        z: after the differences of `order`.
        order: of the model.
        season: steps in a season.
        criterion: `aic` or `aicc`.
    """
    from statsmodels.tsa.arima.estimators.innovations import innovations_mle
    from statsmodels.tsa.innovations.arma_innovations import arma_loglike

    mean = float(z.mean()) if order.constant else 0.0
    centered = z - mean
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # the first guess of the optimizer is often not stationary
        try:
            params: Any = innovations_mle(
                centered,
                order=(order.p, 0, order.q),
                seasonal_order=(order.P, 0, order.Q, season if order.P or order.Q else 0),
                demean=False,
            )[0]
            roots = np.concatenate([params.reduced_ar_poly.roots(), params.reduced_ma_poly.roots()])
            if len(roots) and np.abs(roots).min() < NEAR_UNIT:
                return None
            both = -params.reduced_ar_poly.coef[1:], params.reduced_ma_poly.coef[1:]
            likelihood = float(arma_loglike(centered, *both, params.sigma2))
        except (ValueError, np.linalg.LinAlgError, ZeroDivisionError):
            return None
    k, n = order.coefficients + 1, len(z)
    value = 2 * k - 2 * likelihood
    value += 2 * k * (k + 1) / (n - k - 1) if criterion == "aicc" and n > k + 1 else 0.0
    if not np.isfinite(value):
        return None
    groups = (params.ar_params, params.ma_params, params.seasonal_ar_params, params.seasonal_ma_params)
    ar, ma, seasonal_ar, seasonal_ma = (tuple(map(float, group)) for group in groups)
    return FittedArima(order, ar, ma, seasonal_ar, seasonal_ma, mean, float(params.sigma2), value)


def _neighbors(order: ArimaOrder, may_have_constant: bool, seasonal_most: int) -> Iterator[ArimaOrder]:
    """Orders that differ in one or two places, those with fewer coefficients first."""
    changes: list[dict[str, Any]] = []
    for a, b in (("P", "Q"), ("p", "q")):
        for i, j in product((-1, 0, 1), repeat=2):
            if (i, j) != (0, 0):
                changes.append({a: getattr(order, a) + i, b: getattr(order, b) + j})
    if may_have_constant:
        changes.append({"constant": not order.constant})
    for change in changes:
        fields = {name: getattr(order, name) for name in order.__dataclass_fields__} | change
        limits = {"p": MOST, "q": MOST, "P": seasonal_most, "Q": seasonal_most}
        if all(0 <= fields[name] <= limit for name, limit in limits.items()):
            yield ArimaOrder(**fields)


def _differenced(x: Array, d: int, seasonal: int, season: int) -> Array:
    for _ in range(seasonal):
        x = x[season:] - x[:-season]
    return np.diff(x, d)


def _seasonal_strength(x: Array, season: int) -> float:
    """1 - var(residual) / var(season + residual) of an STL decomposition, 0 or more."""
    from statsmodels.tsa.seasonal import STL

    parts = STL(x, period=season, robust=False).fit()
    spread = float(np.var(parts.seasonal + parts.resid))
    return max(0.0, 1 - float(np.var(parts.resid)) / spread) if spread > 0 else 0.0


def _statsmodels() -> Any:
    try:
        from statsmodels.tsa import stattools
    except ImportError:
        received = "ARIMA models: statsmodels is not installed"
        raise MissingExtraError(received, "the extra series", "pip install 'hibiscus[series]'") from None
    return stattools
