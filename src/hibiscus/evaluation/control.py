"""Evaluation of policies: returns, compared with random actions and the solved threshold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.environments.preparation import EnvironmentPreparation
from hibiscus.data.prepared import PreparedData
from hibiscus.environments.vector import Episodes, play_episodes
from hibiscus.evaluation.items import Curve, Series, Table
from hibiscus.metrics.returns import return_metrics
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_policy", "validate_policy"]

MAX_EPISODES = 10  # rows in the table of episodes

Policy = Callable[[Tensor], Tensor]


def validate_policy(act: Policy, data: PreparedData, part: str) -> dict[str, float]:
    """The mean return over the seeds of a part."""
    environment = data.preparation["environment"]
    return {
        "mean_return": float(
            play_episodes(environment.create, data.values("environment", part), act).returns.mean()
        )
    }


def evaluate_policy(act: Policy, data: PreparedData, part: str) -> Evaluation:
    """Metrics, baselines and report items from one episode for each seed of a part."""
    environment: EnvironmentPreparation = data.preparation["environment"]
    seeds = data.values("environment", part)
    generator = torch.Generator().manual_seed(0)
    episodes = play_episodes(environment.create, seeds, act)

    def random_policy(observation: Tensor) -> Tensor:
        return torch.randint(environment.actions, (len(observation),), generator=generator)

    random = play_episodes(environment.create, seeds, random_policy)
    baselines = {
        "random actions": {
            "mean_return": float(random.returns.mean()),
            "median_return": float(np.median(random.returns)),
        }
    }
    metrics = {**return_metrics(episodes.returns), "mean_steps": float(episodes.steps.mean())}
    if environment.threshold is not None:
        metrics["solved_threshold"] = environment.threshold
    return Evaluation(
        metrics,
        baselines,
        [_sorted_returns(episodes, random, environment.threshold), _lowest_returns(episodes, seeds)],
    )


def _sorted_returns(episodes: Episodes, random: Episodes, threshold: float | None) -> Curve:
    quantile = (np.arange(len(episodes.returns)) + 0.5) / len(episodes.returns)
    series = [
        Series("this run", quantile, np.sort(episodes.returns)),
        Series("random actions", quantile, np.sort(random.returns)),
    ]
    if threshold is not None:
        series.append(Series("solved threshold (mean return)", quantile[[0, -1]], np.full(2, threshold)))
    return Curve("Distribution of returns", "fraction of episodes", "return", series)


def _lowest_returns(episodes: Episodes, seeds: np.ndarray) -> Table:
    rows = []
    for index in np.argsort(episodes.returns, kind="stable")[:MAX_EPISODES]:
        end = "time limit" if episodes.truncated[index] else "terminal state"
        rows.append([str(seeds[index]), float(episodes.returns[index]), int(episodes.steps[index]), end])
    return Table(
        "Episodes with the lowest returns",
        ["seed", "return", "steps", "end"],
        rows,
        "Greedy actions; each episode starts from its seed.",
    )
