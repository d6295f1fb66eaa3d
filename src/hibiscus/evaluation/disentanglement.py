"""Evaluation of disentanglement for data with known factors of variation."""

from __future__ import annotations

import numpy as np

from hibiscus.data.lazy_rows import chunks
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baselines import principal_components
from hibiscus.evaluation.items import Matrix, Table
from hibiscus.metrics.disentanglement import (
    dci,
    factor_vae_score,
    mutual_information_gap,
    mutual_information_table,
)
from hibiscus.metrics.likelihood import active_units
from hibiscus.training.method import Evaluation

__all__ = ["add_disentanglement", "disentanglement_metrics"]

PCA_ITEMS = 5000  # training images to which the principal components are fitted
LABELS = {
    "mig": "mutual information gap (MIG)",
    "factor_vae_score": "FactorVAE score",
    "disentanglement": "DCI disentanglement",
    "completeness": "DCI completeness",
    "informativeness": "DCI informativeness (accuracy)",
}


def disentanglement_metrics(codes: np.ndarray, factors: np.ndarray) -> dict[str, float]:
    """MIG, FactorVAE score and DCI of latent codes `(items, latent_dim)` with factors `(items, factors)`."""
    return {
        "mig": mutual_information_gap(codes, factors),
        "factor_vae_score": factor_vae_score(codes, factors),
        **dci(codes, factors),
    }


def add_disentanglement(
    evaluation: Evaluation, codes: np.ndarray, data: PreparedData, part: str
) -> Evaluation:
    """Adds disentanglement metrics of the posterior means of a part, with PCA as baseline.

    Collapsed components are left out: the metrics are scale-invariant, so the little information in them
    would count as much as that of the other components.
    """
    names, factors, active = (
        data.preparation["factors"].names,
        data.values("factors", part),
        active_units(codes),
    )
    metrics = disentanglement_metrics(codes[:, active], factors)
    baseline = disentanglement_metrics(_pca_codes(data, part, codes.shape[1]), factors)
    table = Table(
        "Disentanglement",
        ["metric, active components", "this run", "principal components"],
        [[label, metrics[name], baseline[name]] for name, label in LABELS.items()],
        f"1 is best. The FactorVAE score at chance level is {1 / len(names):.2f}. Over {len(factors):,} "
        "images that were not used in training.",
    )
    report_items = [table, *_information(codes, active, factors, names)]
    before, after = evaluation.report_items[:3], evaluation.report_items[3:]
    return Evaluation(
        {**evaluation.metrics, **metrics}, evaluation.baselines, [*before, *report_items, *after]
    )


def _information(
    codes: np.ndarray, active: np.ndarray, factors: np.ndarray, names: tuple[str, ...]
) -> list[Matrix]:
    """The mutual information of active components and factors; empty if all components have collapsed."""
    if not active.any():
        return []
    information = mutual_information_table(codes[:, active], factors)
    order = np.argsort(-information.max(1, initial=0), kind="stable")
    components = [f"component {np.flatnonzero(active)[row] + 1}" for row in order]
    note = (
        "As a fraction of the factor's entropy. In a disentangled code, each factor has one large value, "
        "the only large one in its row."
    )
    title = "Mutual information of active components and factors"
    return [Matrix(title, components, names, information[order].round(2), note)]


def _pca_codes(data: PreparedData, part: str, count: int) -> np.ndarray:
    """The projections of a part's images onto the first principal components of the training part."""
    train = data.flat_inputs("train", data.subsample("train", PCA_ITEMS))
    mean, axes = principal_components(train, min(count, *train.shape))
    rows = data.flat_rows(part)
    return np.concatenate([(chunk - mean) @ axes.T for _, chunk in chunks(rows)])
