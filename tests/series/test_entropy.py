import math
import tracemalloc

import numpy as np
import pytest

from hibiscus.errors import ConfigError
from hibiscus.series import approximate_entropy, sample_entropy


def slow_sample_entropy(x, m, r):
    """The definition: pairs of stretches, one at a time."""
    limit = r * np.std(x)

    def pairs(length):
        count = 0
        for i in range(len(x) - m):
            for j in range(len(x) - m):
                if i != j and max(abs(x[i + k] - x[j + k]) for k in range(length)) <= limit:
                    count += 1
        return count

    return -math.log(pairs(m + 1) / pairs(m))


def slow_approximate_entropy(x, m, r):
    limit = r * np.std(x)

    def phi(length):
        starts = range(len(x) - length + 1)
        near = [
            sum(max(abs(x[i + k] - x[j + k]) for k in range(length)) <= limit for j in starts) for i in starts
        ]
        return sum(math.log(count / len(starts)) for count in near) / len(starts)

    return phi(m) - phi(m + 1)


@pytest.mark.parametrize(("length", "tolerance"), [(1, 0.3), (2, 0.2), (3, 0.5)])
def test_both_are_their_definitions(length, tolerance, monkeypatch):
    monkeypatch.setattr("hibiscus.series.entropy.BLOCK", 700)
    x = np.random.default_rng(0).normal(size=80).round(1)
    assert sample_entropy(x, length, tolerance) == pytest.approx(slow_sample_entropy(x, length, tolerance))
    own = approximate_entropy(x, length, tolerance)
    assert own == pytest.approx(slow_approximate_entropy(x, length, tolerance))


def test_noise_is_less_regular_than_a_wave():
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(1000) / 5)
    assert sample_entropy(wave) < 0.3 < 2 < sample_entropy(rng.normal(size=1000)) < 2.5
    assert sample_entropy(np.ones(20)) == 0
    assert approximate_entropy(np.full(20, 0.1)) == 0
    assert sample_entropy([1.0, 10, 100, 1000, 10000]) == math.inf


def test_memory_does_not_grow_with_the_square():
    tracemalloc.start()
    sample_entropy(np.random.default_rng(0).normal(size=6000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80e6  # all pairs of 6,000 steps take 288 MB


def test_bad_arguments_are_named():
    with pytest.raises(ConfigError, match="length=0"):
        sample_entropy(np.arange(10.0), 0)
