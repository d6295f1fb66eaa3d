"""Few-shot accuracy on points whose answer is known."""

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.metrics.fewshot import few_shot, nearest_prototype

RNG = np.random.default_rng(0)
LABEL = np.repeat(np.arange(8), 10)


def test_classes_far_apart_are_always_right():
    points = np.eye(8)[LABEL] * 100 + RNG.normal(size=(80, 8))
    found = few_shot(points, LABEL, 5, 1)
    assert (found.accuracy, found.interval) == (1.0, 0.0)
    assert (found.by_class == 1).all()


def test_noise_is_chance_and_the_interval_is_that_of_the_mean():
    found = few_shot(RNG.normal(size=(80, 4)), LABEL, 5, 1, episodes=600)
    assert abs(found.accuracy - 0.2) < 0.05
    assert 0.003 < found.interval < 0.02
    assert few_shot(RNG.normal(size=(80, 4)), LABEL, 5, 1, episodes=2400).interval == pytest.approx(
        found.interval / 2, rel=0.25
    )


def test_same_seed_same_episodes():
    points = RNG.normal(size=(80, 4)) + np.eye(8)[LABEL][:, :4]
    assert few_shot(points, LABEL, 3, 1, seed=1).accuracy == few_shot(points, LABEL, 3, 1, seed=1).accuracy
    assert few_shot(points, LABEL, 3, 1, seed=1).accuracy != few_shot(points, LABEL, 3, 1, seed=2).accuracy


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_the_nearest_prototype_by_brute_force(distance):
    query, prototypes = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 3))
    if distance == "euclidean":
        expected = [np.argmin([np.sum((q - p) ** 2) for p in prototypes]) for q in query]
    else:
        expected = [np.argmax([q @ p / np.linalg.norm(p) for p in prototypes]) for q in query]
    assert nearest_prototype(query, prototypes, distance).tolist() == expected


def test_too_few_classes_or_items_are_told():
    with pytest.raises(DataError, match="8 classes, 8 of them with more than 1 items") as caught:
        few_shot(RNG.normal(size=(80, 4)), LABEL, 9, 1)
    assert caught.value.expected == "9 such classes for 9-way 1-shot"
    with pytest.raises(DataError, match="8 classes, 0 of them with more than 10 items"):
        few_shot(RNG.normal(size=(80, 4)), LABEL, 5, 10)
