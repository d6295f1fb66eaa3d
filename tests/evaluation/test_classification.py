"""Evaluation of classifiers and regressors: metrics, baselines and report items against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.preparation import (
    ArrayPreparation,
    ImagePreparation,
    LabelPreparation,
    Preparation,
    TargetPreparation,
)
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.class_decisions import ClassDecisions
from hibiscus.evaluation.classification import evaluate_classifier, evaluate_regressor

CLASSES = ["a", "b", "c"]
TRAIN, TEST = slice(0, 90), slice(90, 150)
LABEL = np.random.default_rng(0).choice(3, 150, p=[0.2, 0.5, 0.3])
X = (np.random.default_rng(1).normal(size=(150, 4)) + LABEL[:, None] * [1, -1, 0, 0]).astype(np.float32)
Y = X @ [2.0, -1.0, 0.0, 0.0] + np.random.default_rng(2).normal(size=150) + 30


def prepared(**fields):
    """Test item k of the dataset is named `item k`; its features, labels and targets are X, LABEL and Y."""
    fields = {"label": np.array(CLASSES)[LABEL], **fields}
    known = {
        "array": ArrayPreparation((4,), (0,) * 4, (1,) * 4),
        "image": ImagePreparation(2, 2, 1, (0.5,), (0.5,)),
        "label": LabelPreparation(tuple(CLASSES)),
        "target": TargetPreparation((30.0,), (2.5,), ("target",)),
    }
    ids = [f"item {number}" for number in range(150)]
    dataset = Dataset("d", "d", fields, ids, content_keys(X))
    preparation = Preparation({name: known[name] for name in fields})
    return PreparedData(dataset, preparation, {"train": np.arange(90), "test": np.arange(90, 150)})


def evaluated(probabilities, data=None):
    evaluation = evaluate_classifier(probabilities, data or prepared(array=X), "test", CLASSES)
    return evaluation, {item.title: item for item in evaluation.report_items}


def with_confidence(predicted, confidence):
    """Probabilities with this confidence in the predicted class; the other classes share the rest."""
    probabilities = np.repeat((1 - np.asarray(confidence, float))[:, None] / 2, 3, axis=1)
    probabilities[np.arange(len(predicted)), predicted] = confidence
    return probabilities


def test_a_perfect_classifier_has_no_list_of_errors():
    evaluation, items = evaluated(np.eye(3)[LABEL[TEST]])
    assert evaluation.metrics["accuracy"] == evaluation.metrics["macro_f1"] == 1
    assert evaluation.metrics["nll"] == evaluation.metrics["brier"] == evaluation.metrics["ece"] == 0
    curves = ["ROC curve", "Precision-recall curve", "Calibration"]
    assert list(items) == ["Confusion matrix", "Metrics by class", *curves, "Baselines"]
    np.testing.assert_array_equal(items["Confusion matrix"].values, np.diag(np.bincount(LABEL[TEST])))


def test_metrics_and_tables_match_scikit_learn():
    probabilities = np.random.default_rng(3).dirichlet(np.ones(3), 60)
    truth, predicted = LABEL[TEST], probabilities.argmax(1)
    evaluation, items = evaluated(probabilities)
    assert evaluation.metrics["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert evaluation.metrics["nll"] == pytest.approx(metrics.log_loss(truth, probabilities))
    assert evaluation.metrics["balanced_accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(truth, predicted)
    )
    matrix = items["Confusion matrix"]
    assert matrix.rows == matrix.columns == tuple(CLASSES)
    np.testing.assert_array_equal(matrix.values, metrics.confusion_matrix(truth, predicted))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, predicted)
    expected = np.stack([support, precision, recall, f1], axis=1)
    assert [row[0] for row in items["Metrics by class"].rows] == CLASSES
    np.testing.assert_allclose([row[1:] for row in items["Metrics by class"].rows], expected)


def test_baselines_match_scikit_learn():
    baselines = evaluated(np.eye(3)[LABEL[TEST]])[0].baselines
    assert list(baselines) == ["random guess", "majority class", "nearest mean", "linear model", "k-NN"]
    z = (X - X[TRAIN].mean(0)) / X[TRAIN].std(0)
    peers = {
        "majority class": DummyClassifier(strategy="prior").fit(X[TRAIN], LABEL[TRAIN]),
        "linear model": LogisticRegression(C=100 / 90, max_iter=200).fit(z[TRAIN], LABEL[TRAIN]),
        "k-NN": KNeighborsClassifier().fit(z[TRAIN], LABEL[TRAIN]),
    }
    for name, peer in peers.items():
        probabilities = peer.predict_proba(z[TEST])
        assert baselines[name]["nll"] == pytest.approx(metrics.log_loss(LABEL[TEST], probabilities), rel=1e-3)
        assert baselines[name]["accuracy"] == pytest.approx(peer.score(z[TEST], LABEL[TEST]))
    centroid = NearestCentroid().fit(X[TRAIN], LABEL[TRAIN])
    assert baselines["nearest mean"]["accuracy"] == pytest.approx(centroid.score(X[TEST], LABEL[TEST]))


def test_errors_are_sorted_by_confidence_and_limited_to_24():
    confidence = np.linspace(0.5, 0.95, 60)
    _, items = evaluated(with_confidence((LABEL[TEST] + 1) % 3, confidence))
    table = items["Most confident errors"]
    name = lambda k: CLASSES[k % 3]  # noqa: E731
    expected = [(f"item {90 + k}", name(LABEL[90 + k]), name(LABEL[90 + k] + 1)) for k in range(59, 35, -1)]
    assert [row[:3] for row in table.rows] == expected
    np.testing.assert_allclose([row[3] for row in table.rows], confidence[:35:-1])
    assert table.note.startswith("60 of 60 predictions are wrong")


def test_errors_on_images_are_shown_as_images():
    images = np.random.default_rng(4).integers(0, 256, (150, 2, 2, 1), dtype=np.uint8)
    predicted, confidence = LABEL[TEST].copy(), np.full(60, 0.9)
    predicted[[3, 7]], confidence[[3, 7]] = (predicted[[3, 7]] + 1) % 3, [0.6, 0.8]
    _, items = evaluated(with_confidence(predicted, confidence), prepared(image=images))
    gallery = items["Most confident errors"]
    np.testing.assert_array_equal(gallery.images, images[[97, 93], :, :, 0])
    true, wrong = (np.array(CLASSES)[values[[7, 3]]] for values in (LABEL[TEST], predicted))
    assert gallery.captions == (
        f"item 97: {true[0]}, predicted {wrong[0]} (80%)",
        f"item 93: {true[1]}, predicted {wrong[1]} (60%)",
    )


def test_a_threshold_moves_the_predictions():
    p = np.random.default_rng(5).dirichlet(np.ones(2), 60)
    data = prepared(array=X, label=np.array(["a", "b"])[LABEL % 2])
    data.arrays["label"] = LABEL % 2
    decisions = ClassDecisions(0.3, lambda p, y: 0.3, option=0.3)
    evaluation = evaluate_classifier(p, data, "test", ["a", "b"], decisions)
    predicted = p[:, 1] >= 0.3
    assert evaluation.metrics["f1"] == pytest.approx(metrics.f1_score(LABEL[TEST] % 2, predicted))
    items = {item.title: item for item in evaluation.report_items}
    np.testing.assert_array_equal(
        items["Confusion matrix"].values, metrics.confusion_matrix(LABEL[TEST] % 2, predicted)
    )
    assert "b is predicted where its probability is at least 0.3." in items["Confusion matrix"].note
    wrong = np.flatnonzero(predicted != LABEL[TEST] % 2)
    assert items["Most confident errors"].note.startswith(f"{len(wrong)} of 60 predictions are wrong")
    assert {"f1", "recall"} <= evaluation.baselines["linear model"].keys()


def test_a_regressor_is_evaluated_in_the_unit_of_the_target():
    data, truth = prepared(array=X, target=Y), Y[TEST]
    error = np.linspace(-3, 2, 60)
    predicted = (truth + error)[:, None]
    evaluation = evaluate_regressor(predicted, data, "test", data.preparation["target"])
    assert evaluation.metrics["mae"] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert evaluation.metrics["r2"] == pytest.approx(metrics.r2_score(truth, predicted), rel=1e-5)
    z = (X - X[TRAIN].mean(0)) / X[TRAIN].std(0)
    for name, peer in {"mean of the training part": DummyRegressor(), "linear regression": Ridge()}.items():
        expected = metrics.mean_squared_error(truth, peer.fit(z[TRAIN], Y[TRAIN]).predict(z[TEST])) ** 0.5
        assert evaluation.baselines[name]["rmse"] == pytest.approx(expected, rel=1e-4)
    scatter, table, description = evaluation.report_items
    assert [row[0] for row in description.rows] == list(evaluation.baselines)
    np.testing.assert_allclose([scatter.x, scatter.y], [truth, predicted[:, 0]], rtol=1e-5)
    largest = np.argsort(-np.abs(error))[:24]
    assert [row[0] for row in table.rows] == [f"item {90 + k}" for k in largest]
    expected = np.stack([truth, predicted[:, 0], error], axis=1)[largest]
    np.testing.assert_allclose([row[1:] for row in table.rows], expected, atol=1e-4)
