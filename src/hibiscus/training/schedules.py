r"""Learning-rate schedules: pure functions from the progress of a stage in [0, 1] to a factor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from hibiscus.errors import ConfigError

__all__ = [
    "FACTORS",
    "MILESTONES",
    "SCHEDULES",
    "Schedule",
    "constant",
    "cosine",
    "coslog4",
    "linear",
    "make_schedule",
    "one_cycle",
    "steps",
]

MILESTONES, FACTORS = (0.4, 0.6, 0.8, 0.9), (0.1, 0.01, 0.001, 0.0005)  # 80, 120, 160, 180 of 200 epochs

Schedule = Callable[[float], float]


def constant(progress: float) -> float:
    """1 throughout."""
    return 1.0


def cosine(progress: float) -> float:
    r"""From 1 to 0: `(1 + cos(pi progress)) / 2`. Loshchilov, Hutter, "SGDR", 2017, arXiv 1608.03983."""
    return (1 + math.cos(math.pi * progress)) / 2


def coslog4(progress: float) -> float:
    r"""Four cycles from 0 to 1 and back, each twice as long: `(1 - cos(2 pi log2(1 + 15 progress))) / 2`.

    Each cycle ends at a learning rate of 0, so that short trainings and long ones both pass through states
    from which a best epoch can be chosen.

    Reference: Holzmüller et al., "Better by Default", 2024, arXiv 2407.04491, section 3.
    """
    return (1 - math.cos(2 * math.pi * math.log2(1 + 15 * progress))) / 2


def linear(progress: float) -> float:
    """Linearly from 1 to 0."""
    return 1 - progress


def one_cycle(progress: float, warm: float = 0.25, start: float = 0.04) -> float:
    r"""Linearly from `start` up to 1 during the fraction `warm`, then linearly down to 0.

    Reference: Smith, Topin, "Super-convergence", 2018, arXiv 1708.07120.
    """
    if progress < warm:
        return start + (1 - start) * progress / warm
    return (1 - progress) / (1 - warm)


def steps(milestones: Sequence[float] = MILESTONES, factors: Sequence[float] = FACTORS) -> Schedule:
    """1 at first, then each factor from its milestone on.

    Args:
        milestones: fractions of the training, increasing, from 0 to 1.
        factors: the factor from each milestone on, >= 0.

    Raises:
        ConfigError: milestones and factors do not fit together.
    """
    rising = list(milestones) == sorted(set(milestones)) and all(0 <= m <= 1 for m in milestones)
    if len(milestones) != len(factors) or not rising or min(factors, default=0) < 0:
        raise ConfigError(
            f"lr_milestones={_listed(milestones)} lr_factors={_listed(factors)}",
            "as many factors as milestones, which rise from 0 to 1",
            f"lr_milestones={_listed(MILESTONES[:2])} lr_factors={_listed(FACTORS[:2])}",
        )

    def schedule(progress: float) -> float:
        factor = 1.0
        for milestone, value in zip(milestones, factors, strict=True):
            if progress >= milestone:
                factor = value
        return factor

    return schedule


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "coslog4": coslog4,
    "cosine": cosine,
    "linear": linear,
    "one-cycle": one_cycle,
    "steps": steps(),
}


def make_schedule(
    name: str, milestones: Sequence[float] = MILESTONES, factors: Sequence[float] = FACTORS
) -> Schedule:
    """The schedule by its name; milestones and factors are those of `steps`.

    Raises:
        ConfigError: an unknown name, or milestones and factors that do not fit together.
    """
    if name not in SCHEDULES:
        raise ConfigError(f"schedule={name}", f"one of {', '.join(SCHEDULES)}", "choose one of them")
    return steps(milestones, factors) if name == "steps" else SCHEDULES[name]


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in values)
