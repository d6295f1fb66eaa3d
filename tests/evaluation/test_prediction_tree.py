import numpy as np
import pytest

from hibiscus.evaluation.prediction_tree import PredictionTree

ROWS = np.array([[1, 2, 3, 4], [1, 2, 4, 4], [5, 1, 3, 6], [7, 7, 7, 7]])


def tree(enough=1):
    return PredictionTree(ROWS.reshape(-1), 9, length=4, enough=enough)


def test_scores_by_hand():
    scores = tree().scores(np.array([1, 2]))
    # 1 2 | 3 4 and 1 2 | 4 4: the first 4 counts, at distances 2 and 1
    assert scores.tolist() == [0, 0, 0, 1, 1.5, 0, 0, 0, 0]


def test_the_order_of_the_context_does_not_count():
    assert tree().scores(np.array([2, 1])).tolist() == tree().scores(np.array([1, 2])).tolist()


def test_the_rarest_token_is_removed_until_enough_sequences_are_similar():
    scores = tree(enough=3).scores(np.array([1, 5]))
    # {1, 5}: 5 1 | 3 6; {1} with half the weight: 1 | 2 3 4, 1 | 2 4 and 1 | 3 6
    expected = np.zeros(9)
    expected[3] += 1
    expected[6] += 1 / 2
    expected[[2, 3, 4]] += [1 / 2, 1 / 4, 1 / 6]
    expected[[2, 4]] += [1 / 2, 1 / 4]
    expected[[3, 6]] += [1 / 2, 1 / 4]
    assert scores == pytest.approx(expected)


def test_probabilities_are_mixed_with_frequencies():
    scores = np.stack([tree().scores(np.array(context)) for context in ([1, 2], [8])])
    rows = tree().probabilities(scores, 0.3)
    assert rows.sum(1) == pytest.approx(np.ones(2))
    assert rows[0, 4] == pytest.approx(0.7 * 0.6 + 0.3 * tree().frequencies[4])
    assert rows[1] == pytest.approx(tree().frequencies)


def test_few_of_many_sequences_are_kept():
    assert PredictionTree(np.arange(1000) % 9, 9, length=10, most=7).rows.shape == (7, 10)
    assert PredictionTree(np.array([1, 2]), 9).rows.tolist() == [[1, 2]]
