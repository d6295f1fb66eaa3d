"""Evaluation of policies in an environment whose returns are known."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.environments.preparation import EnvironmentPreparation, start_name
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.control import evaluate_policy, validate_policy

NAME, LIMIT = "Countdown-v0", 6


class Countdown(gymnasium.Env):
    """The reward is the number of the action, and the terminal state comes after as many steps as the seed;
    the observation is the number of remaining steps.
    """

    observation_space = spaces.Box(0, 100, (1,))
    action_space = spaces.Discrete(4)

    def reset(self, *, seed=None, options=None):
        self.remaining = seed
        return np.array([self.remaining], np.float32), {}

    def step(self, action):
        self.remaining -= 1
        return np.array([self.remaining], np.float32), float(action), self.remaining == 0, False, {}


@pytest.fixture(autouse=True)
def countdown():
    gymnasium.register(NAME, entry_point=Countdown, max_episode_steps=LIMIT)
    yield
    del gymnasium.registry[NAME]


def prepared(seeds, threshold=None):
    """The test part has these seeds; the training part has one more."""
    starts = np.array([start_name(NAME, seed) for seed in (99, *seeds)])
    dataset = Dataset("gym", "gym", {"environment": starts}, list(starts), content_keys(starts))
    preparation = Preparation({"environment": EnvironmentPreparation(NAME, 1, 4, LIMIT, threshold)})
    return PreparedData(dataset, preparation, {"train": np.arange(1), "test": np.arange(1, len(starts))})


def always_two(observation):
    return torch.full((len(observation),), 2)


def random_returns(lengths):
    """The returns of random actions: each step draws one action for every running episode."""
    generator, returns = torch.Generator().manual_seed(0), np.zeros(len(lengths))
    for step in range(max(lengths)):
        running = np.flatnonzero(np.asarray(lengths) > step)
        returns[running] += torch.randint(4, (len(running),), generator=generator).numpy()
    return returns


def test_validation_is_the_mean_return_over_the_seeds_of_the_part():
    assert validate_policy(always_two, prepared([1, 2, 6]), "test") == {"mean_return": 6.0}
    assert validate_policy(always_two, prepared([1, 2, 6]), "train") == {"mean_return": 2.0 * LIMIT}
    # An action that follows the observation: 2, 1 and 1, 1.
    assert validate_policy(lambda x: x[:, 0].clamp(max=2).long(), prepared([1, 2]), "test") == {
        "mean_return": (1 + 3) / 2
    }


def test_metrics_are_the_statistics_of_the_returns():
    evaluation = evaluate_policy(always_two, prepared([1, 2, 4, 50]), "test")
    returns = np.array([2, 4, 8, 12])  # the last episode ends at the time limit
    assert evaluation.metrics == pytest.approx(
        {
            "mean_return": 6.5,
            "return_interval": 1.96 * returns.std(ddof=1) / 2,
            "median_return": 6,
            "min_return": 2,
            "mean_steps": 13 / 4,
        }
    )


def test_the_baseline_takes_random_actions_from_the_same_seeds():
    evaluation = evaluate_policy(always_two, prepared([3, 1, 5, 50]), "test")
    expected = random_returns([3, 1, 5, LIMIT])
    metrics = {"mean_return": expected.mean(), "median_return": np.median(expected)}
    assert evaluation.baselines == {"random actions": pytest.approx(metrics)}
    curve = evaluation.report_items[0]
    assert [series.name for series in curve.series] == ["this run", "random actions"]
    for series, returns in zip(curve.series, ([6, 2, 10, 12], expected), strict=True):
        assert series.x == (0.125, 0.375, 0.625, 0.875)
        np.testing.assert_array_equal(series.y, np.sort(returns))


def test_a_threshold_is_a_metric_and_a_line():
    evaluation = evaluate_policy(always_two, prepared([3, 1], threshold=5.5), "test")
    assert evaluation.metrics["solved_threshold"] == 5.5
    line = evaluation.report_items[0].series[2]
    assert (line.name, line.x, line.y) == ("solved threshold (mean return)", (0.25, 0.75), (5.5, 5.5))


def test_the_table_lists_the_lowest_returns_and_how_the_episodes_ended():
    table = evaluate_policy(always_two, prepared([4, 50, 1, 6, 2]), "test").report_items[1]
    assert table.rows == (
        ("1", 2.0, 1, "terminal state"),
        ("2", 4.0, 2, "terminal state"),
        ("4", 8.0, 4, "terminal state"),
        ("50", 12.0, 6, "time limit"),
        ("6", 12.0, 6, "terminal state"),  # at the last step before the limit
    )
    many = evaluate_policy(always_two, prepared(range(1, 14)), "test").report_items[1]
    assert [row[0] for row in many.rows] == [str(seed) for seed in range(1, 11)]
