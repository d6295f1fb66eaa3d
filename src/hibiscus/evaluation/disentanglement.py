"""What the report shows of a code where the factors of each image are known: how well units and factors stand for each other."""

from __future__ import annotations

import numpy as np

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baselines import principal_components
from hibiscus.evaluation.items import Matrix, Table
from hibiscus.metrics.disentanglement import dci, factor_vae_score, mutual_information_gap, mutual_information_table
from hibiscus.metrics.likelihood import active_units
from hibiscus.training.method import Evaluation

__all__ = ["add_factors", "validate_factors"]

FITTED = 5000  # training images for the principal components
WORDS = {
    "mig": "mutual information gap (MIG)",
    "factor_vae_score": "FactorVAE score",
    "disentanglement": "DCI: each unit for one factor",
    "completeness": "DCI: one unit for each factor",
    "informativeness": "DCI: factors read right from the code",
}


def validate_factors(codes: np.ndarray, factors: np.ndarray) -> dict[str, float]:
    """MIG, FactorVAE score and DCI of codes `(items, units)` with factors `(items, factors)`."""
    return {
        "mig": mutual_information_gap(codes, factors),
        "factor_vae_score": factor_vae_score(codes, factors),
        **dci(codes, factors),
    }


def add_factors(found: Evaluation, codes: np.ndarray, data: PreparedData, part: str) -> Evaluation:
    """The examination with the three measures of a part's mean codes, beside as many principal components of the pixels.

    Units that have collapsed are left out: what little their means say would count as much as any other, for scale does not count.
    """
    names, known, active = data.preparation["factors"].names, data.values("factors", part), active_units(codes)
    metrics = validate_factors(codes[:, active], known)
    baseline = validate_factors(_components(data, part, codes.shape[1]), known)
    rows = [[words, metrics[name], baseline[name]] for name, words in WORDS.items()]
    note = f"1 is best. By chance the FactorVAE score is {1 / len(names):.2f}. Over {len(known):,} images that training did not see."
    table = mutual_information_table(codes[:, active], known)
    order = np.argsort(-table.max(1, initial=0), kind="stable")
    units = [f"unit {np.flatnonzero(active)[place] + 1}" for place in order]
    shares = "As a share of what there is to know about the factor. Well disentangled: one large number in each column, alone in its row."
    report_items = [
        Table("Units and known factors", ["measure, mean codes of active units", "this run", "principal components"], rows, note),
        *([Matrix("What each active unit tells of each factor", units, names, table[order].round(2), shares)] if units else []),
    ]
    return Evaluation({**found.metrics, **metrics}, found.baselines, [*found.report_items[:3], *report_items, *found.report_items[3:]])


def _components(data: PreparedData, part: str, count: int) -> np.ndarray:
    """The places of a part's images along the first principal components of the training part."""
    train = data.flat_inputs("train", data.subsample("train", FITTED))
    mean, axes = principal_components(train, min(count, *train.shape))
    return (data.flat_inputs(part) - mean) @ axes.T
