"""Vectorized environments against a single one; whole episodes; a restored state leads to the same steps."""

from __future__ import annotations

import json
import warnings
from functools import partial

import numpy as np
import pytest
import torch

from hibiscus.data.environments.create import make_environment
from hibiscus.environments.vector import VectorEnv, play_episodes
from hibiscus.errors import HibiscusWarning

NAME = "CartPole-v1"


def test_each_plays_as_it_would_alone_and_begins_the_next_seed_when_it_ends():
    both, alone = VectorEnv(partial(make_environment, NAME), 2, [5, 6, 7]), make_environment(NAME)
    observation, total = alone.reset(5), 0.0
    ended = False
    while not ended:
        transitions = both.step([1, len(both.actions[1]) % 2])  # the second pole is held for longer
        np.testing.assert_array_equal(transitions["observation"][0], observation)
        observation, reward, ended, _ = alone.step(1)
        total += reward
        np.testing.assert_array_equal(transitions["next_observation"][0], observation)
        assert (transitions["reward"][0], transitions["terminated"][0]) == (reward, float(ended))
    assert list(both.recent) == [total]
    assert both.current_seeds == [7, 6]
    np.testing.assert_array_equal(both.observation[0], alone.reset(7))


def test_no_episode_comes_again_when_all_seeds_are_used():
    made = VectorEnv(partial(make_environment, NAME), 1, [0, 1])
    begun = [made.current_seeds[0]]
    while len(begun) < 6:
        before = made.num_started
        made.step([1])
        begun += [made.current_seeds[0]] if made.num_started != before else []
    assert begun == [0, 1, 2, 3, 4, 5]


def test_a_state_in_the_middle_of_episodes_leads_on_to_the_same_steps():
    whole, parts = (
        VectorEnv(partial(make_environment, NAME), 3, range(20)),
        VectorEnv(partial(make_environment, NAME), 3, range(20)),
    )
    rng = np.random.default_rng(0)
    actions = rng.integers(0, 2, (60, 3)).tolist()
    for step in actions[:30]:
        whole.step(step)
    parts.restore(json.loads(json.dumps(whole.state())))
    for step in actions[30:]:
        first, second = whole.step(step), parts.step(step)
        assert all(np.array_equal(first[name], second[name]) for name in first)
    assert whole.recent_return() == parts.recent_return()


def test_a_replay_that_leads_elsewhere_is_told():
    made = VectorEnv(partial(make_environment, NAME), 2, range(5))
    made.step([0, 1])
    state = made.state()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.restore(json.loads(json.dumps(state)))
        made.restore({name: value for name, value in state.items() if name != "observation"})
    state["observation"][1][0] += 1
    with pytest.warns(HibiscusWarning, match="resumed run differs"):
        made.restore(state)


def test_a_time_limit_is_no_end():
    """MountainCar is cut off after 200 steps, and does not end by itself within these."""
    made = VectorEnv(partial(make_environment, "MountainCar-v0"), 1, [0])
    ends = [made.step([1])["terminated"][0] for _ in range(201)]
    assert sum(ends) == 0
    assert made.num_started == 2


@pytest.mark.filterwarnings("error")
def test_whole_episodes_are_those_of_each_seed_alone():
    def act(observation: torch.Tensor) -> torch.Tensor:
        return (observation[:, 2] > 0).long()  # push to where the pole leans

    played = play_episodes(partial(make_environment, NAME), [3, 4, 5], act)
    for index, seed in enumerate([3, 4, 5]):
        alone = play_episodes(partial(make_environment, NAME), [seed], act)
        assert alone.returns[0] == played.returns[index] == played.steps[index]
    assert not played.truncated.any()
    stands = play_episodes(
        partial(make_environment, "MountainCar-v0"),
        [0],
        lambda observation: torch.ones(len(observation), dtype=torch.int64),
    )
    assert (stands.returns[0], stands.truncated[0]) == (-200.0, True)
