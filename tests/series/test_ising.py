"""The simulated magnetization is the exact one."""

import numpy as np
import pytest

from hibiscus.errors import ConfigError
from hibiscus.series.ising import simulate_ising


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("temperature", [1.5, 2.0])
def test_magnetization_below_the_critical_temperature(temperature, seed):
    result = simulate_ising(400, 24, temperature=temperature, seed=seed)
    assert np.abs(result.series).mean() == pytest.approx(result.truth["magnetization"], abs=0.02)


def test_no_direction_above_it():
    result = simulate_ising(400, 24, temperature=5.0, seed=0)
    assert result.truth["magnetization"] == 0
    assert abs(result.series.mean()) < 0.05


def test_what_is_refused():
    with pytest.raises(ConfigError, match="even"):
        simulate_ising(3, 5, seed=0)
    with pytest.raises(ConfigError, match="temperature=0"):
        simulate_ising(3, 4, temperature=0, seed=0)
