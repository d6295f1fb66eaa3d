"""Linear models of texts against formulas and scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from hibiscus.evaluation import text_models
from hibiscus.evaluation.text_features import tfidf
from hibiscus.evaluation.text_models import logistic_margins, nb_svm_margins, term_counts, tfidf_ridge

RNG = np.random.default_rng(0)
GOOD, BAD, NEUTRAL = ["fine", "great", "warm"], ["dull", "poor", "flat"], list("abcdefghijk")


def texts(count):
    label = RNG.integers(0, 2, count)
    words = [
        [*RNG.choice(NEUTRAL, 5), *RNG.choice(GOOD if y else BAD, 1), *RNG.choice(GOOD + BAD, 1)]
        for y in label
    ]
    return [" ".join(RNG.permutation(one)) for one in words], label


(TRAIN, Y), (VALIDATION, KNOWN), (TEST, TRUTH) = texts(200), texts(80), texts(100)
COUNTS = term_counts(TRAIN, VALIDATION, TEST)


def accuracy(margins):
    return float(((margins[:, 0] > 0) == KNOWN).mean())


def test_logistic_regression_is_that_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(text_models, "LOGISTIC_C", (10,))
    _, margins = logistic_margins(COUNTS, Y[:, None], accuracy)
    train, test = tfidf(COUNTS[0], COUNTS[2])
    peer = LogisticRegression(C=10, solver="liblinear", dual=True, random_state=0, max_iter=300).fit(train, Y)
    np.testing.assert_allclose(margins[:, 0], peer.decision_function(test), atol=1e-9)


def test_nb_svm_is_the_formula(monkeypatch):
    monkeypatch.setattr(text_models, "SVM_C", (0.1,))
    monkeypatch.setattr(text_models, "BETA", (0.25,))
    _, margins = nb_svm_margins(COUNTS, Y[:, None], accuracy)
    occurs, test = COUNTS[0].toarray() > 0, COUNTS[2].toarray() > 0
    p, q = 1 + occurs[Y == 1].sum(0), 1 + occurs[Y == 0].sum(0)
    ratio = np.log((p / p.sum()) / (q / q.sum()))
    svm = LinearSVC(C=0.1, dual=True, random_state=0, max_iter=300).fit(occurs * ratio, Y)
    weights = 0.75 * np.abs(svm.coef_[0]).mean() + 0.25 * svm.coef_[0]
    np.testing.assert_allclose(margins[:, 0], (test * ratio) @ weights + svm.intercept_, rtol=1e-6)


@pytest.mark.parametrize("model", [logistic_margins, nb_svm_margins])
def test_texts_are_classified_and_options_chosen_on_validation(model):
    found, margins = model(COUNTS, Y[:, None], accuracy)
    assert ((margins[:, 0] > 0) == TRUTH).mean() > 0.75
    scores = []
    model(COUNTS, Y[:, None], lambda m: scores.append(accuracy(m)) or scores[-1])
    assert accuracy(found) == max(scores)
    assert len(scores) == (6 if model is logistic_margins else 12)


@pytest.mark.parametrize("model", [logistic_margins, nb_svm_margins])
def test_an_output_that_is_constant_in_training(model):
    target = np.stack([Y, np.zeros_like(Y), np.ones_like(Y)], 1)
    _, margins = model(COUNTS, target, accuracy)
    assert (margins[:, 1] == -20).all()
    assert (margins[:, 2] == 20).all()


def test_ridge_regression_takes_the_best_penalty():
    target = np.stack([100 * Y + 5.0, -Y], 1)
    known = np.stack([100 * KNOWN + 5.0, -KNOWN], 1)
    predicted = tfidf_ridge(COUNTS, target, known)
    train, validation, test = tfidf(*COUNTS)
    peers = [Ridge(alpha=alpha).fit(train, Y) for alpha in text_models.RIDGE]
    best = min(peers, key=lambda peer: ((peer.predict(validation) - KNOWN) ** 2).mean())
    np.testing.assert_allclose(predicted[:, 0], 100 * best.predict(test) + 5, atol=0.5)
    np.testing.assert_allclose(predicted[:, 1], -best.predict(test), atol=0.005)
