r"""Disentanglement metrics: MIG, the FactorVAE score and DCI.

All take the latent code and the known factors of variation of each item. They are invariant to the scale and
the sign of a latent component, and decrease if a factor is spread over several components, as in a rotated
code. A disentangled code cannot be learned from unlabeled data alone; it requires an inductive bias
(Locatello et al., 2018, arXiv 1811.12359).
"""

from __future__ import annotations

from typing import cast

import numpy as np

from hibiscus.errors import DataError

__all__ = ["dci", "factor_vae_score", "mutual_information_gap", "mutual_information_table"]

BINS = 20  # of a component (Locatello et al.)
VOTES, VOTE_ITEMS = 800, 64  # votes for training and as many for testing, and items of a vote (Kim and Mnih)
TREES, MIN_LEAF = 20, 5


def mutual_information_table(codes: np.ndarray, factors: np.ndarray) -> np.ndarray:
    r"""The mutual information of each component with each factor, normalized by the entropy of the factor.

        table[component, factor] = I(component; factor) / H(factor)

    The components are discretized into 20 bins of equal width.

    Args:
        codes: the latent code of each item.
        factors: the factors of each item, integers.

    Shapes:
        codes (items, components), factors (items, factors); returns (components, factors), in [0, 1].

    Raises:
        DataError: different numbers of items, no items, or a constant factor.
    """
    codes, factors = _checked(codes, factors)
    table = np.zeros((codes.shape[1], factors.shape[1]))
    for component, values in enumerate(codes.T):
        binned = np.digitize(values, np.histogram_bin_edges(values, BINS)[1:-1])
        for factor, levels in enumerate(factors.T):
            joint = np.zeros((BINS, levels.max() + 1))
            np.add.at(joint, (binned, levels), 1 / len(levels))
            component_entropy, factor_entropy = _entropy(joint.sum(1)), _entropy(joint.sum(0))
            table[component, factor] = (component_entropy + factor_entropy - _entropy(joint)) / factor_entropy
    return table


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray) -> float:
    r"""MIG: the gap between the two components with the most information about a factor, averaged.

        mig = mean over factors of  table[first, factor] - table[second, factor]

    Args:
        codes: the latent code of each item; for fewer than two components the missing ones count as 0.
        factors: the factors of each item, integers.

    Shapes:
        codes (items, components), factors (items, factors); returns a number in [0, 1].

    Raises:
        DataError: as `mutual_information_table`.

    Reference: Chen, Li, Grosse, Duvenaud, "Isolating Sources of Disentanglement in VAEs", 2018, arXiv
    1802.04942, eq. 6.
    """
    table = mutual_information_table(codes, factors)
    ascending = np.sort(np.concatenate([np.zeros((2, table.shape[1])), table]), axis=0)
    return float((ascending[-1] - ascending[-2]).mean())


def factor_vae_score(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    r"""The FactorVAE score: how accurately the component of least variance predicts the fixed factor.

    For each vote, a factor, one of its values and 64 items with this value are sampled; the component with
    the least variance among them, relative to its variance among all items, votes for the factor. A
    majority-vote classifier is trained on 800 votes and tested on 800 others. At chance level the score is
    one over the number of factors.

    Args:
        codes: the latent code of each item; without any component the score is 0.
        factors: the factors of each item, integers.
        seed: seed of the random votes.

    Shapes:
        codes (items, components), factors (items, factors); returns a number in [0, 1].

    Raises:
        DataError: as `mutual_information_table`.

    Reference: Kim, Mnih, "Disentangling by Factorising", 2018, arXiv 1802.05983, section 4.
    """
    codes, factors = _checked(codes, factors)
    variance = codes.var(0)
    codes, rng = codes[:, variance > 0] / np.sqrt(variance[variance > 0]), np.random.default_rng(seed)
    if not codes.shape[1]:
        return 0.0
    votes = np.zeros((2, codes.shape[1], factors.shape[1]))
    for number in range(2 * VOTES):
        factor = rng.integers(factors.shape[1])
        value = rng.choice(factors[:, factor])
        items = rng.choice(np.flatnonzero(factors[:, factor] == value), VOTE_ITEMS)
        votes[number % 2, codes[items].var(0).argmin(), factor] += 1
    predicted = votes[0].argmax(1)
    return float(votes[1][np.arange(len(predicted)), predicted].sum() / VOTES)


def dci(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> dict[str, float]:
    r"""DCI: disentanglement, completeness and informativeness of a latent code.

        disentanglement = sum over components of  weight[i] (1 - H(R[i] / sum R[i]) / log factors)
        completeness    = mean over factors of  1 - H(R[:, j] / sum R[:, j]) / log components

    R[i, j] is the importance of component i in a random forest that predicts factor j from the code, and
    weight[i] the component's fraction of the total importance. Disentanglement is 1 if each component is
    important for one factor only, completeness if one component alone is important for each factor.
    Informativeness is the accuracy of the forests on held-out items, averaged over the factors.

    Args:
        codes: the latent code of each item; a random half trains the forests. Without any component all
            metrics are 0.
        factors: the factors of each item, integers.
        seed: seed of the forests.

    Shapes:
        codes (items, components), factors (items, factors); returns three metrics by name, each in [0, 1].

    Raises:
        DataError: as `mutual_information_table`.

    Reference: Eastwood, Williams, "A Framework for the Quantitative Evaluation of Disentangled
    Representations", ICLR 2018, section 2; informativeness there is an error of regression.
    """
    from sklearn.ensemble import RandomForestClassifier

    codes, factors = _checked(codes, factors)
    if not codes.shape[1]:
        return {"disentanglement": 0.0, "completeness": 0.0, "informativeness": 0.0}
    order = np.random.default_rng(seed).permutation(len(codes))
    train, test = order[: -(-len(order) // 2)], order[-(-len(order) // 2) :]
    importance, accuracies = np.zeros((codes.shape[1], factors.shape[1])), []
    for factor, levels in enumerate(factors.T):
        every_feature = cast("str", None)  # the type stubs allow strings only
        forest = RandomForestClassifier(
            TREES, min_samples_leaf=MIN_LEAF, max_features=every_feature, random_state=seed
        )
        forest.fit(codes[train], levels[train])
        importance[:, factor] = forest.feature_importances_
        accuracies.append(float((forest.predict(codes[test]) == levels[test]).mean()) if len(test) else 0.0)
    weight = importance.sum(1) / max(importance.sum(), 1e-12)
    return {
        "disentanglement": float((weight * _one_minus_entropy(importance)).sum()),
        "completeness": float(_one_minus_entropy(importance.T).mean()),
        "informativeness": float(np.mean(accuracies)),
    }


def _one_minus_entropy(rows: np.ndarray) -> np.ndarray:
    """1 minus the normalized entropy of each row; 0 for a row of zeros."""
    total = rows.sum(1, keepdims=True)
    if rows.shape[1] == 1:
        return (total[:, 0] > 0).astype(float)
    distributions = rows / np.where(total > 0, total, 1)
    return np.array([1 - _entropy(row) / np.log(len(row)) if row.sum() else 0.0 for row in distributions])


def _entropy(probabilities: np.ndarray) -> float:
    p = probabilities[probabilities > 0]
    return float(-(p * np.log(p)).sum())


def _checked(codes: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes as float64, and factors as consecutive integers from 0."""
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not len(codes):
        shapes = f"codes of shape {codes.shape} and factors of shape {factors.shape}"
        raise DataError(
            shapes, "(items, components) and (items, factors), at least one item", "one row per item in both"
        )
    levels = np.stack([np.unique(values, return_inverse=True)[1] for values in factors.T], 1)
    if not levels.max(0).all():
        factor = int(levels.max(0).argmin())
        raise DataError(
            f"factor {factor} has one value", "factors with at least two values", "leave this factor out"
        )
    return codes, levels
