"""An environment as data: its items are starts, each a seed, and no start stands in two parts."""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.environments.preparation import make_environment, start_name

__all__ = ["open_environment"]

STARTS = 1000
VALIDATION_EACH, TEST_EACH = 50, 10  # one start in so many: 20 for validation, 100 for the test


def open_environment(name: str) -> Dataset:
    """Opens an environment by its Gymnasium name; it is made once to see that it can be.

    Raises:
        DataError: there is none of this name.
    """
    environment = make_environment(name)
    spec = environment.spec
    seen, actions = environment.observation_space, environment.action_space
    environment.close()
    seeds = np.arange(STARTS)
    validation, test = seeds % VALIDATION_EACH == 0, seeds % TEST_EACH == TEST_EACH // 2
    limit = f"at most {spec.max_episode_steps} steps" if spec.max_episode_steps else "no limit of steps"
    solved = "no threshold given" if spec.reward_threshold is None else f"solved at a mean return of {spec.reward_threshold:g}"
    return Dataset(
        name=name,
        path=f"gym:{name}",
        fields={"environment": np.array([start_name(name, seed) for seed in range(STARTS)])},
        ids=[start_name(name, seed) for seed in range(STARTS)],
        keys=content_keys(seeds),
        parts={
            "train": np.flatnonzero(~validation & ~test),
            "val": np.flatnonzero(validation),
            "test": np.flatnonzero(test),
        },
        notes=[f"observes {seen}, acts by {actions}, {limit}, {solved}", "an item is a start: the seed that an episode is begun with"],
    )
