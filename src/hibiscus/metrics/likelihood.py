"""How likely data are under a model with latent variables, and how many of those it uses."""

from __future__ import annotations

import numpy as np

from hibiscus.errors import DataError

__all__ = ["active_units", "importance_nll"]

ACTIVE = 0.01  # variance of a unit's posterior mean over the data above which it counts as active (Burda et al.)


def importance_nll(log_weights: np.ndarray) -> np.ndarray:
    r"""The negative log-likelihood of each item, estimated by importance sampling.

        nll = - log mean over samples of  w,    log w = log p(x, z) - log q(z | x),    z drawn from q(z | x)

    With one sample this is the negative of the variational bound; with more it falls towards the true value, from above on
    average. So a figure without its number of samples says little, and those of unlike numbers are not to be compared.

    Args:
        log_weights: log w, one row for each sample.

    Shapes:
        log_weights (samples, items); returns (items,), float64, nats.

    Raises:
        DataError: another shape, or no samples.

    Reference: Burda, Grosse, Salakhutdinov, "Importance Weighted Autoencoders", 2015, arXiv 1509.00519, eq. 8 and theorem 1.
    """
    log_weights = np.asarray(log_weights, np.float64)
    if log_weights.ndim != 2 or not len(log_weights):
        raise DataError(f"log weights of shape {log_weights.shape}", "(samples, items), one sample or more", "one row for each sample")
    largest = log_weights.max(0)
    return -(largest + np.log(np.exp(log_weights - largest).mean(0)))


def active_units(means: np.ndarray) -> np.ndarray:
    r"""Which latent units tell one item from another: `Var over items of E[unit | item] > 0.01`.

    The rest has collapsed onto the prior: its code is the same noise for every item, and the decoder has learned not to read it.

    Args:
        means: the posterior mean of each item.

    Shapes:
        means (items, units); returns (units,), bool.

    Raises:
        DataError: another shape, or no items.

    Reference: Burda, Grosse, Salakhutdinov, 2015, arXiv 1509.00519, section 5.2.
    """
    means = np.asarray(means, np.float64)
    if means.ndim != 2 or not len(means):
        raise DataError(f"posterior means of shape {means.shape}", "(items, units), one item or more", "one row for each item")
    return means.var(0) > ACTIVE
