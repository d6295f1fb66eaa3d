"""Probabilities out of sample: no model sees the labels of the items that it predicts."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.dataset import Dataset
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import MissingExtraError
from hibiscus.evaluation import out_of_sample
from hibiscus.evaluation.out_of_sample import cross_validated, label_error_table

RNG = np.random.default_rng(0)


def prepared(field, values, label):
    fit = {"array": ArrayPreparation.fit, "image": ImagePreparation.fit}[field]
    ids = [str(i) for i in range(len(values))]
    dataset = Dataset("x", "x", {field: values, "label": label}, ids, content_keys(values))
    preparation = Preparation({field: fit(values), "label": LabelPreparation.fit(label)})
    return PreparedData(dataset, preparation, {"all": np.arange(len(values))})


def folds(count, items):
    return [np.arange(number, items, count) for number in range(count)]


def test_random_labels_cannot_be_predicted_out_of_sample():
    values = RNG.normal(size=(200, 30)).astype(np.float32)
    data = prepared("array", values, RNG.integers(0, 2, 200))
    result = cross_validated(data, folds(4, 200), 2)
    np.testing.assert_allclose(result.probabilities.sum(1), 1, rtol=1e-5)
    assert (result.probabilities.argmax(1) == data.values("label", "all")).mean() < 0.65
    assert result.model.endswith("4-fold cross-validation")


@pytest.mark.parametrize(
    ("rule", "model"),
    [
        (lambda x: x[:, 0] + x[:, 1] > 0, "logistic regression"),
        (lambda x: x[:, 0] * x[:, 1] > 0, "boosted trees"),
    ],
)
def test_the_model_with_the_smaller_log_loss_is_used(rule, model):
    values = RNG.normal(size=(300, 4)).astype(np.float32)
    result = cross_validated(prepared("array", values, rule(values).astype(int)), folds(3, 300), 2)
    assert result.model.startswith(model)


def images(count, side):
    label = np.arange(count) % 2
    pixels = RNG.integers(0, 100, (count, side, side, 3), dtype=np.uint8)
    pixels[label == 1, : side // 2] += 120
    return pixels, label


def test_large_images_are_compared_in_pretrained_features(monkeypatch):
    pixels, label = images(40, 64)
    monkeypatch.setattr(out_of_sample, "check_pretrained", lambda name, channels: None)
    monkeypatch.setattr(
        out_of_sample, "pretrained_features", lambda name, rows: rows[:].mean((2, 3)).astype(np.float32)
    )
    result = cross_validated(prepared("image", pixels, label), folds(4, 40), 2)
    assert result.model.startswith("logistic regression on features of a pretrained efficientnet-lite0")
    assert (result.probabilities.argmax(1) == label).mean() > 0.9


@pytest.mark.parametrize("side", [12, 64])
def test_small_images_and_those_without_the_extra_have_a_network_for_each_fold(monkeypatch, side):
    def missing(name, channels):
        raise MissingExtraError("no package", "the extra pretrained", "pip install")

    pixels, label = images(40, side)
    trained = []
    monkeypatch.setattr(out_of_sample, "check_pretrained", missing)
    monkeypatch.setattr(out_of_sample, "feature_network", lambda fold: trained.append(fold) or Means())
    result = cross_validated(prepared("image", pixels, label), folds(4, 40), 2)
    assert result.model.startswith("a small convolutional network")
    assert (result.probabilities.argmax(1) == label).all()
    for fold, held_out in zip(trained, folds(4, 40), strict=True):
        assert sorted([*fold.parts["train"], *held_out]) == list(range(40))


class Means:
    """Takes the half of an image that is brighter for its class."""

    def outputs(self, data, rows):
        images = rows[:]
        bright = images[:, : images.shape[1] // 2].mean((1, 2, 3)) > images.mean((1, 2, 3)) + 10
        return None, np.stack([~bright, bright], axis=1).astype(float)


def test_the_table_names_the_suspected_items():
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.4, 0.6], [0.65, 0.35]])
    table = label_error_table(p, np.array([0, 0, 0, 1, 1, 1]), list("abcdef"), ["cat", "dog"], "a model")
    assert table.rows[0] == ("c", "cat", "dog", 0.1, 0.9, pytest.approx(-0.8))
    assert table.rows[1][:3] == ("f", "dog", "cat")
    assert table.note.startswith("2 of 6 labels, by confident learning; probabilities: a model.")
    assert label_error_table(p[:2], np.array([0, 0]), list("ab"), ["cat", "dog"], "a model") is None
