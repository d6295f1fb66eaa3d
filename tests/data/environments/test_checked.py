"""What an environment returns is held to what it declares; each fault is named, with the step."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from hibiscus.data.environments.checked import CheckedEnvironment, first_difference, is_supported
from hibiscus.errors import DataError

ZEROS = np.zeros(2, np.float32)


class Told(gymnasium.Env):
    """Returns what it is told to in the second step, and records the actions."""

    observation_space = spaces.Box(-1e9, 1e9, (2,))
    action_space = spaces.Discrete(3, start=-1)

    def __init__(self, second=None, reset=(ZEROS, {})):
        self.second, self.first, self.actions = second, reset, []

    def reset(self, *, seed=None, options=None):
        self.actions = []
        return self.first

    def step(self, action):
        self.actions.append(action)
        if len(self.actions) == 2 and self.second is not None:
            return self.second
        return ZEROS, 1.0, False, False, {}


def checked(env, limit=50):
    return CheckedEnvironment("Told-v0", env, limit)


def test_actions_are_numbered_from_the_start_that_is_declared():
    environment = checked(Told())
    environment.reset(0)
    for action in range(3):
        environment.step(action)
    assert environment.env.actions == [-1, 0, 1]


def test_values_come_back_as_float32_and_plain_types():
    second = ([1, 2], np.float32(0.5), np.bool_(True), 0, {})
    environment = checked(Told(second))
    assert environment.reset(3).dtype == np.float32
    environment.step(0)
    observation, reward, terminated, truncated = environment.step(0)
    assert (observation.dtype, observation.tolist()) == (np.float32, [1, 2])
    assert (type(reward), reward, terminated, truncated) == (float, 0.5, True, False)


def test_an_episode_that_never_ends_is_truncated_at_the_limit():
    environment = checked(Told(), limit=3)
    for _ in range(2):  # the count starts again with each episode
        environment.reset(0)
        assert [environment.step(0)[2:] for _ in range(3)] == [(False, False), (False, False), (False, True)]


@pytest.mark.parametrize(("second", "said"), [
    ((np.array([0, np.nan]), 0.0, False, False, {}), "nan in component 1"),
    ((np.array([1e300, 0]), 0.0, False, False, {}), "inf in component 0"),
    ((np.zeros(3), 0.0, False, False, {}), "an array of shape (3,)"),
    ((np.zeros((2, 1)), 0.0, False, False, {}), "an array of shape (2, 1)"),
    ((3.0, 0.0, False, False, {}), "the single value 3.0"),
    (({"x": 1}, 0.0, False, False, {}), "the observation is a dict"),
    ((None, 0.0, False, False, {}), "the observation is a NoneType"),
    (([[1], [1, 2]], 0.0, False, False, {}), "the observation is a list of 2"),
    ((["1", "2"], 0.0, False, False, {}), "the observation is a list of 2 (str, str)"),
    ((ZEROS, 0.0, False, {}), "step returned a tuple of 4 (ndarray, float, bool, dict)"),
    (ZEROS, "step returned an array of shape (2,)"),
    ((ZEROS, float("nan"), False, False, {}), "the reward is nan"),
    ((ZEROS, None, False, False, {}), "the reward is a NoneType"),
    ((ZEROS, np.zeros(1), False, False, {}), "the reward is an array of shape (1,)"),
    ((ZEROS, 0.0, None, False, {}), "terminated is a NoneType"),
    ((ZEROS, 0.0, False, np.zeros(2), {}), "truncated is an array of shape (2,)"),
])  # fmt: skip
def test_a_step_that_differs_from_what_is_declared_is_named(second, said):
    environment = checked(Told(second))
    environment.reset(7)
    environment.step(0)
    with pytest.raises(DataError) as error:
        environment.step(0)
    assert error.value.received.startswith("gym:Told-v0: step 2 of the episode of seed 7: ")
    assert said in error.value.received
    assert "Box(-1e+09, 1e+09, (2,), float32) and Discrete(3, start=-1)" in error.value.expected


@pytest.mark.parametrize(("first", "said"), [
    (ZEROS, "reset returned an array of shape (2,)"),  # unpacks into two values
    ((0.5, 0.5), "reset returned a tuple of 2 (float, float)"),
    ((np.array([np.inf, 0]), {}), "inf in component 0"),
])  # fmt: skip
def test_a_reset_of_the_old_api_is_named(first, said):
    with pytest.raises(DataError, match="reset of the episode of seed 5") as error:
        checked(Told(reset=first)).reset(5)
    assert said in error.value.received


def test_errors_inside_the_environment_are_told_with_the_step():
    class Fails(Told):
        def reset(self):
            return ZEROS, {}

        def step(self, action):
            raise KeyError("speed")

    environment = checked(Fails())
    with pytest.raises(DataError, match="unexpected keyword argument 'seed'"):
        environment.reset(0)
    with pytest.raises(DataError, match=r"step 1 of .*: action 1 failed: KeyError: 'speed'"):
        environment.step(2)


def test_spaces_must_be_declared():
    class Undeclared(Told):
        action_space = None

    with pytest.raises(DataError, match="declares no action_space"):
        checked(Undeclared())


def test_which_spaces_are_supported():
    assert is_supported(checked(Told()))

    class Grid(Told):
        observation_space = spaces.Discrete(16)

    assert not is_supported(checked(Grid()))


class Walk(Told):
    """A random walk; `seeded` says whether it uses the seed, `after` when it begins to be random."""

    def __init__(self, seeded, after=0):
        super().__init__()
        self.seeded, self.after, self.random = seeded, after, np.random.default_rng(0)

    def reset(self, *, seed=None, options=None):
        super().reset()
        if self.seeded:
            self.random = np.random.default_rng(seed)
        return self._look(), {}

    def step(self, action):
        self.actions.append(action)
        return self._look(), float(action), len(self.actions) == 30, False, {}

    def _look(self):
        return self.random.random(2) if len(self.actions) >= self.after else ZEROS


def test_two_episodes_of_one_seed_are_compared():
    assert first_difference(checked(Walk(seeded=True))) is None
    assert first_difference(checked(Walk(seeded=False))) == 0
    assert first_difference(checked(Walk(seeded=False, after=4))) == 4
