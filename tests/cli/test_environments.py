"""Environments at the command line: trained, evaluated, inspected; what does not fit is told."""

from __future__ import annotations

import sys
from pathlib import Path

import gymnasium
import pytest

TINY = [
    "epochs=1",
    "iterations_per_epoch=2",
    "updates_per_iteration=2",
    "steps_per_iteration=20",
    "learning_starts=30",
    "buffer_size=100",
    "num_envs=3",
    "batch_size=16",
]


def test_an_agent_is_trained_evaluated_and_reported(cli, tmp_path):
    run = tmp_path / "run"
    assert cli("train", "dqn", "gym:CartPole-v1", *TINY, "--out", run, "--quiet").code == 0
    found = cli("evaluate", run, "--json").json
    assert found["metrics"]["test/mean_return"] > 5
    assert set(found["baselines"]) == {"random actions"}
    assert found["metrics"]["test/solved_threshold"] == 475
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Distribution of returns" in page
    assert "solved at a mean return of 475" in page


@pytest.mark.parametrize(("method", "data", "words"), [
    ("dqn", "digits", ["expected: an environment", "gym:CartPole-v1"]),
    ("dqn", "gym:Pendulum-v1", ["its actions are Box", "numbered actions"]),
    ("dqn", "gym:Cartpol", ["CartPole-v1"]),
    ("dcgan", "gym:CartPole-v1", ["environment: CartPole-v1", "images"]),
])  # fmt: skip
def test_a_method_and_its_data_must_fit(cli, tmp_path, method, data, words):
    answer = cli("train", method, data, "--out", tmp_path / "run")
    assert answer.code == 3
    assert all(word in answer.err for word in words), answer.err


def test_inspect_tells_of_an_environment(cli):
    answer = cli("inspect", "gym:CartPole-v1")
    assert answer.code == 0
    assert "CartPole-v1" in answer.out
    assert "475" in answer.out


UNSEEDED = """
import random

import gymnasium
import numpy as np

class Unseeded(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.array([random.random(), 0], np.float32), {}

    def step(self, action):
        return np.array([random.random(), BAD], np.float32), 1.0, False, False, {}

gymnasium.register("UnseededHere-v0", entry_point=Unseeded, max_episode_steps=8)
"""


@pytest.fixture
def here():
    yield Path()
    sys.modules.pop("unseeded_module", None)
    gymnasium.registry.pop("UnseededHere-v0", None)


def test_an_environment_of_this_folder_that_ignores_its_seed_is_trained_with_a_warning(cli, here):
    (here / "unseeded_module.py").write_text(UNSEEDED.replace("BAD", "0"))
    data = "gym:unseeded_module:UnseededHere-v0"
    answer = cli("train", "dqn", data, *TINY, "max_episode_steps=5", "--out", "run", "--quiet")
    assert answer.code == 0, answer.err
    assert answer.err.startswith(f"hibiscus: warning: {data}: not deterministic")
    assert cli("evaluate", "run", "--json").json["metrics"]["test/mean_return"] == 5
    assert "not deterministic" in (here / "run" / "report.html").read_text(encoding="utf-8")


def test_an_environment_that_returns_nan_is_told_before_a_run_is_made(fails, here):
    (here / "unseeded_module.py").write_text(UNSEEDED.replace("BAD", "np.nan"))
    words = ["step 1 of the episode", "nan in component 1", "Box(-1.0, 1.0, (2,), float32)"]
    fails(3, words, "train", "dqn", "gym:unseeded_module:UnseededHere-v0", *TINY)
    assert not (here / "runs").exists()
