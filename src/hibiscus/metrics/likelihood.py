"""The likelihood of data under a latent variable model, and the number of latent components that it uses."""

from __future__ import annotations

import numpy as np

from hibiscus.errors import DataError

__all__ = ["active_units", "importance_nll"]

ACTIVE_VARIANCE = 0.01  # variance of the posterior mean above which a component is active (Burda et al.)


def importance_nll(log_weights: np.ndarray) -> np.ndarray:
    r"""The negative log-likelihood of each item, estimated by importance sampling.

        nll = - log mean over samples of  w,    log w = log p(x, z) - log q(z | x),    z drawn from q(z | x)

    With one sample this is the negative ELBO; with more samples its expectation decreases towards the true
    value. Estimates are therefore comparable only for the same number of samples, which should always be
    reported.

    Args:
        log_weights: log w, one row per sample.

    Shapes:
        log_weights (samples, items); returns (items,), float64, nats.

    Raises:
        DataError: another number of axes, or no samples.

    Reference: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", 2015, arXiv 1509.00519, eq. 8
    and theorem 1.
    """
    log_weights = np.asarray(log_weights, np.float64)
    if log_weights.ndim != 2 or not len(log_weights):
        raise DataError(
            f"log weights of shape {log_weights.shape}",
            "(samples, items), at least one sample",
            "one row per sample",
        )
    largest = log_weights.max(0)
    return -(largest + np.log(np.exp(log_weights - largest).mean(0)))


def active_units(means: np.ndarray) -> np.ndarray:
    r"""Which latent components are active: `Var over items of E[z | item] > 0.01`.

    The others have collapsed: their posterior equals the prior for every item, and the decoder ignores them.

    Args:
        means: the posterior mean of each item.

    Shapes:
        means (items, components); returns (components,), bool.

    Raises:
        DataError: another number of axes, or no items.

    Reference: Burda, Grosse, Salakhutdinov, 2015, arXiv 1509.00519, section 5.2.
    """
    means = np.asarray(means, np.float64)
    if means.ndim != 2 or not len(means):
        raise DataError(
            f"posterior means of shape {means.shape}",
            "(items, components), at least one item",
            "one row per item",
        )
    return means.var(0) > ACTIVE_VARIANCE
