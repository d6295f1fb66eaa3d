"""The plain twins by hand and against the sum over all paths."""

import itertools

import pytest

from hibiscus.scratch.hidden_markov import baum_welch_step, forward, posteriors, viterbi

INITIAL, TRANSITION = [0.6, 0.4], [[0.7, 0.3], [0.4, 0.6]]
EMITTED = [[0.1, 0.6], [0.4, 0.3], [0.5, 0.1]]


def test_forward_is_the_sum_over_all_paths():
    total = 0.0
    for a, b, c in itertools.product(range(2), repeat=3):
        total += (
            INITIAL[a] * EMITTED[0][a] * TRANSITION[a][b] * EMITTED[1][b] * TRANSITION[b][c] * EMITTED[2][c]
        )
    assert sum(forward(INITIAL, TRANSITION, EMITTED)[-1]) == pytest.approx(total)


def test_posteriors_are_probabilities():
    gamma, counts = posteriors(INITIAL, TRANSITION, EMITTED)
    assert [sum(row) for row in gamma] == pytest.approx([1, 1, 1])
    assert sum(map(sum, counts)) == pytest.approx(2)  # three steps have two transitions


def test_viterbi_by_hand():
    path, density = viterbi(INITIAL, TRANSITION, EMITTED)
    assert path == [1, 0, 0]
    assert density == pytest.approx(0.4 * 0.6 * 0.4 * 0.4 * 0.7 * 0.5)


def test_a_step_moves_the_means_to_their_values():
    _, _, means, _ = baum_welch_step([0.0, 0.1, 5.0, 5.1], INITIAL, TRANSITION, [0, 5], [0.1, 0.1])
    assert means == pytest.approx([0.05, 5.05], abs=1e-6)
