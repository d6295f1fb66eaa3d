"""The baselines of texts on plain lists."""

import numpy as np
import pytest

from hibiscus.evaluation import prediction_cache, text_baselines
from hibiscus.evaluation.text_baselines import class_probabilities, label_probabilities
from hibiscus.evaluation.text_parts import TextParts

RNG = np.random.default_rng(1)
WORDS = [["ball", "goal", "team"], ["vote", "law", "party"], ["star", "orbit", "moon"]]
MODELS = ["tf-idf + logistic regression", "NB-SVM"]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(prediction_cache, "_predictions", {})
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))


def texts(label):
    return [" ".join([*RNG.choice(WORDS[y], 3), *RNG.choice(list("abcdef"), 4)]) for y in label]


def parts(classes, count=90):
    labels = [RNG.integers(0, classes, n) for n in (count, 30, 30)]
    train, validation, test = map(texts, labels)
    return TextParts(train, validation, test, labels[0], labels[1], count), labels[2]


@pytest.mark.parametrize("classes", [2, 3])
def test_classes(classes):
    data, truth = parts(classes)
    found = class_probabilities(data, classes)
    assert list(found) == MODELS
    for p in found.values():
        assert p.shape == (60, classes)
        np.testing.assert_allclose(p.sum(1), 1)
        assert (p[30:].argmax(1) == truth).mean() > 0.95
        assert -np.log(p[np.arange(30, 60), truth]).mean() < 0.2  # scaled by the validation part


def test_a_class_without_training_texts_is_improbable():
    data, _ = parts(2)
    for p in class_probabilities(data, 3).values():
        assert p.shape == (60, 3)
        assert p[:, 2].max() < 0.01


def test_labels():
    both = RNG.integers(0, 2, (150, 2))
    all_texts = [
        " ".join([*(RNG.choice(WORDS[0], 2) if a else ()), *(RNG.choice(WORDS[1], 2) if b else ()), "the"])
        for a, b in both
    ]
    data = TextParts(all_texts[:90], all_texts[90:120], all_texts[120:], both[:90], both[90:120], 90)
    for p in label_probabilities(data).values():
        assert p.shape == (60, 2)
        assert ((p[30:] > 0.5) == both[120:]).mean() > 0.95


def test_models_are_fitted_once_for_the_same_texts(monkeypatch):
    data, _ = parts(2)
    first = class_probabilities(data, 2)
    monkeypatch.setattr(text_baselines, "MODELS", dict.fromkeys(MODELS))  # would fail if it was called
    again = TextParts(*(list(part) for part in (data.train, data.validation, data.test)), data.target,
                      data.validation_target, 90)  # fmt: skip
    np.testing.assert_array_equal(class_probabilities(again, 2)["NB-SVM"], first["NB-SVM"])
    changed = TextParts([*data.train[:-1], "other"], data.validation, data.test, data.target,
                        data.validation_target, 90)  # fmt: skip
    with pytest.raises(TypeError):
        class_probabilities(changed, 2)


def test_the_name_says_how_many_texts_were_used():
    data, _ = parts(2)
    some = TextParts(data.train, data.validation, data.test, data.target, data.validation_target, 5000)
    assert list(class_probabilities(some, 2)) == [f"{name} (90 of 5,000 texts)" for name in MODELS]
