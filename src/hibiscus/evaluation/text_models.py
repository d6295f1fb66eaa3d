r"""Linear models of texts, the baselines that are hard to beat on few texts: logistic regression and ridge
regression on tf-idf, and NB-SVM.

    NB-SVM:  r = ln((p / sum(p)) / (q / sum(q))),   p = 1 + number of texts of the class with each term
             margin(x) = (x * r) @ ((1 - beta) mean(|w|) + beta w) + b,   x[term] = 1 if the term occurs

where q counts the other texts as p does, and w, b are those of a linear support vector machine (squared hinge
loss) on x * r: beta = 0 is naive Bayes, beta = 1 the SVM. Several classes are learned one against the rest. C
and beta are chosen on the validation part. Terms are words and pairs of neighboring words.

Reference: Wang, Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", ACL 2012.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hibiscus.evaluation.text_features import SparseRows, TermCounts, tfidf
from hibiscus.progress import step

__all__ = ["FITS", "Counts", "logistic_margins", "nb_svm_margins", "term_counts", "tfidf_ridge"]

Array = NDArray[np.float64]
Counts = tuple[SparseRows, SparseRows, SparseRows]  # of the training, validation and evaluated texts
Score = Callable[[Array], float]  # of the margins of the validation texts; higher is better

LOGISTIC_C = (1, 3, 10, 30, 100, 300)
SVM_C = (0.001, 0.01, 0.1, 1)
BETA = (0.25, 0.5, 1)
RIDGE = (0.03, 0.1, 0.3, 1, 3, 10)
FITS = len(LOGISTIC_C) + len(SVM_C)  # of each output
ITERATIONS = 300  # of liblinear, at most; more change no prediction
CERTAIN = 20.0  # margin of an output that is the same for all training texts


def term_counts(train: Sequence[str], validation: Sequence[str], test: Sequence[str]) -> Counts:
    """How often each word and each pair of words of the training texts occurs in the texts of each part."""
    terms = TermCounts(train)
    return terms.counts(train), terms.counts(validation), terms.counts(test)


@step("fitting tf-idf + logistic regression")
def logistic_margins(counts: Counts, target: NDArray, score: Score) -> tuple[Array, Array]:
    """The log-odds of each output by a logistic regression on tf-idf, with the best C on validation.

    Args:
        counts: of the training, the validation and the evaluated texts, as `term_counts` returns them.
        target: 0 or 1 of each training text (texts, outputs).
        score: of the validation texts.

    Returns:
        The margins (texts, outputs) of the validation and of the evaluated texts.
    """
    train, validation, test = tfidf(*counts)

    def candidates() -> Iterator[tuple[Array, Array]]:
        for strength in LOGISTIC_C:
            models = [_fitted("logistic", strength, train, column) for column in target.T]
            margins = [[x @ weights + bias for weights, bias in models] for x in (validation, test)]
            yield np.stack(margins[0], 1), np.stack(margins[1], 1)

    return _best(candidates(), score)


@step("fitting NB-SVM")
def nb_svm_margins(counts: Counts, target: NDArray, score: Score) -> tuple[Array, Array]:
    """The margins of NB-SVM, with the best C and beta on validation; as `logistic_margins`."""
    train, validation, test = ((part > 0).astype(np.float64) for part in counts)
    ratios = [_log_count_ratio(train, column) for column in target.T]

    def candidates() -> Iterator[tuple[Array, Array]]:
        for strength in SVM_C:
            models = [
                _fitted("svm", strength, (train * ratio).tocsr(), column)
                for ratio, column in zip(ratios, target.T, strict=True)
            ]
            for beta in BETA:
                interpolated = [
                    (ratio * ((1 - beta) * np.abs(weights).mean() + beta * weights), bias)
                    for ratio, (weights, bias) in zip(ratios, models, strict=True)
                ]
                margins = [[x @ weights + bias for weights, bias in interpolated] for x in (validation, test)]
                yield np.stack(margins[0], 1), np.stack(margins[1], 1)

    return _best(candidates(), score)


@step("fitting tf-idf + ridge regression")
def tfidf_ridge(counts: Counts, target: NDArray, validation_target: NDArray) -> Array:
    """Values (texts, columns) of a ridge regression on tf-idf, with the best penalty on validation.

    Args:
        counts: of the training, the validation and the evaluated texts.
        target: of the training texts (texts, columns).
        validation_target: of the validation texts (texts, columns).
    """
    from sklearn.linear_model import Ridge

    train, validation, test = tfidf(*counts)
    scale = np.maximum(target.std(0), 1e-12)

    def candidates() -> Iterator[tuple[Array, Array]]:
        for penalty in RIDGE:
            model = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4).fit(train, target / scale)
            predicted = (np.reshape(model.predict(x), (x.shape[0], -1)) for x in (validation, test))
            yield next(predicted), next(predicted)

    def score(predicted: Array) -> float:
        return -float(((predicted - validation_target / scale) ** 2).mean())

    return _best(candidates(), score)[1] * scale


def _best(candidates: Iterator[tuple[Array, Array]], score: Score) -> tuple[Array, Array]:
    """The candidate with the best score, the first of equals."""
    return max(candidates, key=lambda margins: score(margins[0]))


def _log_count_ratio(occurs: SparseRows, target: NDArray) -> Array:
    """How much more often each term occurs in texts of the class than in the others, as a logarithm."""
    p = 1 + np.asarray(occurs[target == 1].sum(0)).ravel()
    q = 1 + np.asarray(occurs[target == 0].sum(0)).ravel()
    return np.log(p / p.sum()) - np.log(q / q.sum())


def _fitted(kind: str, strength: float, x: SparseRows, target: NDArray) -> tuple[Array, float]:
    """Weights and bias of a linear model; constant if the target is."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    if target.min() == target.max():
        return np.zeros(x.shape[1]), CERTAIN if target[0] else -CERTAIN
    options: dict[str, Any] = {"C": strength, "dual": True, "random_state": 0, "max_iter": ITERATIONS}
    model = LogisticRegression(solver="liblinear", **options) if kind == "logistic" else LinearSVC(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, target)
    return np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])
