"""The Ising model by Markov chain Monte Carlo: a small example of sampling what has no simple formula.

Spins of +1 or -1 on a square grid with periodic edges prefer to equal their four neighbors. A Metropolis
sweep proposes to flip each spin and accepts with probability min(1, exp(-energy change / temperature)); the
two colors of a checkerboard take turns, since spins of one color do not touch.

Sources: Metropolis et al. 1953; the exact magnetization is that of Onsager and Yang.
"""

from __future__ import annotations

import numpy as np

from hibiscus.errors import ConfigError
from hibiscus.series.checked_arrays import check_between, check_count
from hibiscus.series.simulators import Simulation

__all__ = ["simulate_ising"]

CRITICAL = 2 / np.log(1 + np.sqrt(2))  # temperature above which the spins have no common direction


def simulate_ising(
    sweeps: int, side: int = 16, *, temperature: float = 2.0, burn_in: int = 100, seed: int
) -> Simulation:
    """The mean spin after each sweep, beginning with all spins up.

    Args:
        sweeps: number of sweeps, the steps of the series.
        side: number of rows and of columns, even.
        temperature: in units of the coupling, above 0.
        burn_in: sweeps before the first step.
        seed: seed of the random numbers.

    Returns:
        The series (sweeps,) in [-1, 1]; in `truth` the absolute `magnetization` of an infinite grid and the
        `critical_temperature`.

    Raises:
        ConfigError: when a number is out of range.
    """
    check_count(sweeps, "sweeps")
    check_count(side, "side", 2)
    check_count(burn_in, "burn_in", 0)
    check_between(temperature, "temperature", 0, np.inf, open_ends=True)
    if side % 2:
        raise ConfigError(f"side={side}", "an even number: the checkerboard closes at the edges")
    rng = np.random.default_rng(seed)
    spins = np.ones((side, side))
    colors = np.indices(spins.shape).sum(0) % 2
    series = np.empty(burn_in + sweeps)
    for sweep in range(len(series)):
        for color in (0, 1):
            around = sum(np.roll(spins, shift, axis) for shift in (-1, 1) for axis in (0, 1))
            accepted = rng.random(spins.shape) < np.exp(-2 * spins * around / temperature)
            spins = np.where(accepted & (colors == color), -spins, spins)
        series[sweep] = spins.mean()
    cold = temperature < CRITICAL
    exact = (1 - np.sinh(2 / temperature) ** -4) ** 0.125 if cold else 0.0
    return Simulation(
        series[burn_in:], {"magnetization": float(exact), "critical_temperature": float(CRITICAL)}
    )
