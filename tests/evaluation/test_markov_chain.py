from collections import Counter

import numpy as np
import pytest

from hibiscus.evaluation import markov_chain
from hibiscus.evaluation.markov_chain import MarkovChain

TRAIN = np.array([1, 2, 1, 3, 1, 2, 2, 1, 2, 3, 0, 1, 2])
OTHER = np.array([2, 1, 2, 3, 3, 1, 0, 4, 1, 2])
VOCABULARY = 5


def by_hand(context, token, order):
    """The formula, with counts over all windows."""
    probability = 1 / VOCABULARY
    for length in range(min(order, len(context)) + 1):
        shorter = tuple(context[len(context) - length :])
        followers = Counter(
            TRAIN[end] for end in range(length, len(TRAIN)) if tuple(TRAIN[end - length : end]) == shorter
        )
        if not followers:
            break
        total, kinds = followers.total(), len(followers)
        probability = (followers[token] + kinds * probability) / (total + kinds)
    return probability


def test_the_formula():
    chain = MarkovChain(TRAIN, 3, VOCABULARY)
    nats = chain.nats(OTHER)
    assert nats.shape == (4, len(OTHER) - 1)
    for order in range(4):
        for position in range(1, len(OTHER)):
            expected = by_hand(OTHER[:position], OTHER[position], order)
            assert nats[order, position - 1] == pytest.approx(-np.log(expected))


@pytest.mark.parametrize("values", [1, 2**22])
def test_probabilities_sum_to_one_and_the_largest_is_predicted(values, monkeypatch):
    monkeypatch.setattr(markov_chain, "VALUES_AT_ONCE", values)
    chain = MarkovChain(TRAIN, 2, VOCABULARY)
    rows = np.array(
        [[by_hand(OTHER[:position], token, 2) for token in range(VOCABULARY)] for position in range(1, 10)]
    )
    assert rows.sum(1) == pytest.approx(np.ones(9))
    positions = np.array([1, 2, 5, 9])
    assert chain.predict(OTHER, positions).tolist() == rows.argmax(1)[positions - 1].tolist()


def test_a_training_part_shorter_than_the_order():
    assert MarkovChain(np.array([1, 2]), 5, VOCABULARY).nats(OTHER).shape == (2, 9)
