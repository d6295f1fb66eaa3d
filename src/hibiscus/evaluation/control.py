"""What the report shows of an agent: its returns beside a random player's and the threshold, and the episodes that went worst."""

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

WORST = 10  # episodes in the table

Act = Callable[[Tensor], Tensor]


def validate_policy(act: Act, data: PreparedData, part: str) -> dict[str, float]:
    """The mean return over a part's starts."""
    environment = data.preparation["environment"]
    return {"mean_return": float(play_episodes(environment.name, data.values("environment", part), act).returns.mean())}


def evaluate_policy(act: Act, data: PreparedData, part: str) -> Evaluation:
    """Metrics, baselines and report items from one episode for each of a part's starts."""
    environment: EnvironmentPreparation = data.preparation["environment"]
    seeds = data.values("environment", part)
    generator = torch.Generator().manual_seed(0)
    played = play_episodes(environment.name, seeds, act)
    random = play_episodes(
        environment.name, seeds, lambda observation: torch.randint(environment.actions, (len(observation),), generator=generator)
    )
    baselines = {"random actions": {"mean_return": float(random.returns.mean()), "median_return": float(np.median(random.returns))}}
    metrics = {**return_metrics(played.returns), "mean_steps": float(played.steps.mean())}
    if environment.threshold is not None:
        metrics["solved_threshold"] = environment.threshold
    return Evaluation(metrics, baselines, [_sorted_returns(played, random, environment.threshold), _worst(played, seeds)])


def _sorted_returns(played: Episodes, random: Episodes, threshold: float | None) -> Curve:
    share = (np.arange(len(played.returns)) + 0.5) / len(played.returns)
    series = [Series("this run", share, np.sort(played.returns)), Series("random actions", share, np.sort(random.returns))]
    if threshold is not None:
        series.append(Series("mean that counts as solved", share[[0, -1]], np.full(2, threshold)))
    return Curve("Returns from the worst episode to the best", "share of episodes", "return", series)


def _worst(played: Episodes, seeds: np.ndarray) -> Table:
    rows = [
        [str(seeds[index]), float(played.returns[index]), int(played.steps[index]), "time limit" if played.cut_off[index] else "by itself"]
        for index in np.argsort(played.returns, kind="stable")[:WORST]
    ]
    return Table("The worst episodes", ["seed", "return", "steps", "ended"], rows, "Each begins from its seed, and acts without chance.")
