"""Environments at the command line: trained, evaluated, inspected; what does not fit is told."""

from __future__ import annotations

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
