"""An environment as a dataset: its items are the seeds of episodes, and no seed is in two parts."""

from __future__ import annotations

import warnings

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.environments.checked import first_difference, is_supported
from hibiscus.data.environments.create import make_environment
from hibiscus.data.environments.preparation import start_name
from hibiscus.data.keys import content_keys
from hibiscus.errors import HibiscusWarning

__all__ = ["open_environment"]

STARTS = 1000
VALIDATION_EVERY, TEST_EVERY = 50, 10  # 20 starts for validation, 100 for the test


def open_environment(name: str) -> Dataset:
    """Opens an environment by its Gymnasium name.

    It is created once, and two episodes of the same seed and actions are compared.

    Raises:
        DataError: there is no environment of this name, or it returns something else than it declares.

    Warns:
        HibiscusWarning: the two episodes differ.
    """
    environment = make_environment(name)
    spec = environment.env.spec
    observations, actions = environment.observation_space, environment.action_space
    difference = first_difference(environment) if is_supported(environment) else None
    environment.close()
    notes = []
    if difference is not None:
        where = f"in step {difference}" if difference else "at the start"
        notes = [
            f"not deterministic: two episodes of the same seed and actions differ {where}, so results cannot "
            "be reproduced, and a resumed run differs from an uninterrupted one"
        ]
        warnings.warn(f"gym:{name}: {notes[0]}", HibiscusWarning, stacklevel=2)
    seeds = np.arange(STARTS)
    validation, test = seeds % VALIDATION_EVERY == 0, seeds % TEST_EVERY == TEST_EVERY // 2
    limit = f"at most {environment.limit:,} steps"
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
            "an item is the seed of an episode",
            *notes,
        ],
    )
