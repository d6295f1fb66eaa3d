r"""How well the units of a code stand for known factors, one for one: three measures that look at it from three sides.

All take the code of each item and the factors that it is known to be made of. None changes where a unit is scaled or its sign is turned;
all fall where a factor is spread over several units, as in a code that is rotated. They measure only what is known: that a code found
without labels means anything needs more than data, an inductive bias (Locatello et al., 2018, arXiv 1811.12359).
"""

from __future__ import annotations

import numpy as np

from hibiscus.errors import DataError

__all__ = ["dci", "factor_vae_score", "mutual_information_gap", "mutual_information_table"]

BINS = 20  # of a unit (Locatello et al.)
VOTES, SHARING = 800, 64  # votes to learn from and as many to test with, and items that share a factor (Kim and Mnih)
TREES, LEAF = 20, 5


def mutual_information_table(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    r"""The mutual information of each unit with each factor as a share of the factor's entropy, units cut into 20 bins of equal width.

        table[unit, factor] = I(unit; factor) / H(factor)

    Args:
        codes: of the items.
        factors: whole numbers.

    Shapes:
        codes (items, units), factors (items, factors); returns (units, factors), in [0, 1].

    Raises:
        DataError: unlike counts, no items, or a factor that never changes.
    """
    codes, factors = _checked(codes, factors)
    table = np.zeros((codes.shape[1], factors.shape[1]))
    for unit, values in enumerate(codes.T):
        binned = np.digitize(values, np.histogram_bin_edges(values, BINS)[1:-1])
        for place, known in enumerate(factors.T):
            joint = np.zeros((BINS, known.max() + 1))
            np.add.at(joint, (binned, known), 1 / len(known))
            of_unit, of_factor = joint.sum(1), joint.sum(0)
            table[unit, place] = (_entropy(of_unit) + _entropy(of_factor) - _entropy(joint)) / _entropy(of_factor)
    return table


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray) -> float:
    r"""MIG: how far the unit that tells most about a factor is ahead of the next, the mean over the factors.

        mig = mean over factors of  table[first, factor] - table[second, factor]

    Args:
        codes: of the items; one unit counts as ahead of a unit that tells nothing, no unit gives 0.
        factors: whole numbers.

    Shapes:
        codes (items, units), factors (items, factors); returns a number in [0, 1].

    Raises:
        DataError: as `mutual_information_table`.

    Reference: Chen, Li, Grosse, Duvenaud, "Isolating Sources of Disentanglement in VAEs", 2018, arXiv 1802.04942, eq. 6.
    """
    table = mutual_information_table(codes, factors)
    ordered = np.sort(np.concatenate([np.zeros((2, table.shape[1])), table]), axis=0)
    return float((ordered[-1] - ordered[-2]).mean())


def factor_vae_score(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    r"""How often the unit that varies least among items which share a factor says which factor that is.

    A vote draws a factor, one of its values and 64 items that have it; the unit whose variance among them is the smallest share of its
    variance among all items speaks for the factor. Each unit then stands for the factor it speaks for most often in 800 votes, and the
    score is how often that is right in 800 others. By chance it is one over the number of factors.

    Args:
        codes: of the items; no unit gives 0.
        factors: whole numbers.
        seed: of the draws.

    Shapes:
        codes (items, units), factors (items, factors); returns a number in [0, 1].

    Raises:
        DataError: as `mutual_information_table`.

    Reference: Kim, Mnih, "Disentangling by Factorising", 2018, arXiv 1802.05983, section 4.
    """
    codes, factors = _checked(codes, factors)
    spread = codes.var(0)
    codes, rng = codes[:, spread > 0] / np.sqrt(spread[spread > 0]), np.random.default_rng(seed)
    if not codes.shape[1]:
        return 0.0
    votes = np.zeros((2, codes.shape[1], factors.shape[1]))
    for number in range(2 * VOTES):
        factor = rng.integers(factors.shape[1])
        value = rng.choice(factors[:, factor])
        sharing = rng.choice(np.flatnonzero(factors[:, factor] == value), SHARING)
        votes[number % 2, codes[sharing].var(0).argmin(), factor] += 1
    answers = votes[0].argmax(1)
    return float(votes[1][np.arange(len(answers)), answers].sum() / VOTES)


def dci(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> dict[str, float]:
    r"""Disentanglement, completeness and informativeness of a code, from how much each unit helps to tell each factor.

        disentanglement = sum over units of  share[unit] (1 - H(R[unit] / sum R[unit]) / log factors)
        completeness    = mean over factors of  1 - H(R[:, factor] / sum R[:, factor]) / log units

    R[unit, factor] is the importance of the unit in a random forest that reads the factor from the code, `share` a unit's part of all
    importance. Disentanglement: does each unit stand for one factor? Completeness: does one unit stand for each? `informativeness` is
    the forests' accuracy on items that they did not learn from, the mean over factors: is the factor in the code at all?

    Args:
        codes: of the items, in no order; the first half teaches the forests. No unit gives 0.
        factors: whole numbers.
        seed: of the forests.

    Shapes:
        codes (items, units), factors (items, factors); returns `disentanglement`, `completeness`, `informativeness` in [0, 1].

    Raises:
        DataError: as `mutual_information_table`.

    Reference: Eastwood, Williams, "A Framework for the Quantitative Evaluation of Disentangled Representations", ICLR 2018, section 2;
    informativeness there is an error of regression.
    """
    from sklearn.ensemble import RandomForestClassifier

    codes, factors = _checked(codes, factors)
    if not codes.shape[1]:
        return {"disentanglement": 0.0, "completeness": 0.0, "informativeness": 0.0}
    order = np.random.default_rng(seed).permutation(len(codes))
    first, second = order[: -(-len(order) // 2)], order[-(-len(order) // 2) :]
    importance, right = np.zeros((codes.shape[1], factors.shape[1])), []
    for place, known in enumerate(factors.T):
        forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF, max_features=None, random_state=seed)  # pyright: ignore[reportArgumentType]
        forest.fit(codes[first], known[first])
        importance[:, place] = forest.feature_importances_
        right.append(float((forest.predict(codes[second]) == known[second]).mean()) if len(second) else 0.0)
    of_units = importance.sum(1) / max(importance.sum(), 1e-12)
    return {
        "disentanglement": float((of_units * _peaked(importance)).sum()),
        "completeness": float(_peaked(importance.T).mean()),
        "informativeness": float(np.mean(right)),
    }


def _peaked(rows: np.ndarray) -> np.ndarray:
    """1 minus the entropy of each row as a share of the largest there can be; 1 where a row has one place, 0 where it is empty."""
    total = rows.sum(1, keepdims=True)
    if rows.shape[1] == 1:
        return (total[:, 0] > 0).astype(float)
    shares = rows / np.where(total > 0, total, 1)
    return np.array([1 - _entropy(row) / np.log(len(row)) if row.sum() else 0.0 for row in shares])


def _entropy(shares: np.ndarray) -> float:
    seen = shares[shares > 0]
    return float(-(seen * np.log(seen)).sum())


def _checked(codes: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes as float64, and factors as numbers from 0 without gaps."""
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not len(codes):
        found = f"codes of shape {codes.shape} and factors of shape {factors.shape}"
        raise DataError(found, "(items, units) and (items, factors), one item or more", "one row for each item in both")
    numbered = np.stack([np.unique(known, return_inverse=True)[1] for known in factors.T], 1)
    if not numbered.max(0).all():
        raise DataError(f"factor {int(numbered.max(0).argmin())} has one value", "factors that change", "leave this factor out")
    return codes, numbered
