import numpy as np
import pytest

from hibiscus.evaluation.language_baselines import language_baselines

RNG = np.random.default_rng(0)


def second_order(length):
    """The next token is the sum of the two before it, or a random one in one of ten cases."""
    tokens = [0, 1]
    for _ in range(length - 2):
        noise = RNG.random() < 0.1
        tokens.append(int(RNG.integers(5)) if noise else (tokens[-1] + tokens[-2]) % 5)
    return np.array(tokens)


def test_the_order_is_chosen_on_validation():
    train, val, test = (second_order(length) for length in (8000, 1000, 1000))
    baselines, curve = language_baselines(train, val, test, 5, 999)
    assert list(baselines) == ["frequencies of tokens", "Markov chain of order 2", "CPT+"]
    chain = baselines["Markov chain of order 2"]
    ideal = -(0.92 * np.log(0.92) + 0.08 * np.log(0.02))
    assert chain["nats_per_token"] == pytest.approx(ideal, abs=0.12)
    assert chain["token_accuracy"] == pytest.approx(0.92, abs=0.04)
    assert baselines["frequencies of tokens"]["nats_per_token"] == pytest.approx(np.log(5), abs=0.02)
    assert 1 < baselines["CPT+"]["nats_per_token"] < 1.7
    assert np.argmin(curve.series[0].y) == 2
    assert baselines["CPT+"].keys() == chain.keys()


def test_without_a_validation_part_the_order_is_chosen_on_held_out_tokens():
    baselines, _ = language_baselines(second_order(8000), None, second_order(500), 5, 499)
    assert "Markov chain of order 2" in baselines


def test_short_parts():
    baselines, _ = language_baselines(np.array([0, 1, 0]), np.array([1, 0]), np.array([0, 1]), 3, 1)
    assert all(np.isfinite(list(metrics.values())).all() for metrics in baselines.values())
