"""An environment as a dataset: its items are starts, each given by a seed, and no start is in two parts."""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.environments.preparation import make_environment, start_name
from hibiscus.data.keys import content_keys

__all__ = ["open_environment"]

STARTS = 1000
VALIDATION_EVERY, TEST_EVERY = 50, 10  # 20 starts for validation, 100 for the test


def open_environment(name: str) -> Dataset:
    """Opens an environment by its Gymnasium name; it is created once to check that this is possible.

    Raises:
        DataError: there is no environment of this name.
    """
    environment = make_environment(name)
    spec = environment.spec
    observations, actions = environment.observation_space, environment.action_space
    environment.close()
    seeds = np.arange(STARTS)
    validation, test = seeds % VALIDATION_EVERY == 0, seeds % TEST_EVERY == TEST_EVERY // 2
    limit = f"at most {spec.max_episode_steps} steps" if spec.max_episode_steps else "no step limit"
    threshold = spec.reward_threshold
    solved = "no solved threshold" if threshold is None else f"solved at a mean return of {threshold:g}"
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
        notes=[
            f"observations: {observations}; actions: {actions}; {limit}, {solved}",
            "each item is a seed, which determines the initial state of an episode",
        ],
    )
