"""The formula in the docstring of `dqn`; how it explores; that the target stands still between copies."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.environments.preparation import EnvironmentPreparation
from hibiscus.data.preparation import Preparation
from hibiscus.methods.control.dqn import DQN


def method(**options):
    preparation = Preparation({"environment": EnvironmentPreparation("CartPole-v1", 4, 2, 500, 475.0)})
    torch.manual_seed(0)
    made = DQN(DQN.Config(net_options={"hidden": [8]}, **options), preparation)
    for parameter in made.target.parameters():
        parameter.data.normal_()
    return made


def values(network, observation):
    """Q by hand: one hidden layer of ReLUs."""
    first, second = network[1], network[3]
    hidden = np.maximum(0, observation @ first.weight.detach().double().numpy().T + first.bias.detach().double().numpy())
    return hidden @ second.weight.detach().double().numpy().T + second.bias.detach().double().numpy()


def test_the_objective_is_its_formula():
    made = method(gamma=0.9)
    rng = np.random.default_rng(0)
    before, after = rng.normal(size=(2, 5, 4))
    action, reward, terminated = rng.integers(0, 2, 5), 3 * rng.normal(size=5), np.array([0.0, 1, 0, 0, 1])
    y = reward + 0.9 * (1 - terminated) * values(made.target, after).max(1)
    distance = np.abs(values(made.network, before)[np.arange(5), action] - y)
    expected = np.where(distance < 1, distance**2 / 2, distance - 0.5).mean()
    fields = {
        "observation": torch.tensor(before, dtype=torch.float32),
        "next_observation": torch.tensor(after, dtype=torch.float32),
        "action": torch.tensor(action),
        "reward": torch.tensor(reward, dtype=torch.float32),
        "terminated": torch.tensor(terminated, dtype=torch.float32),
    }
    wanted = made.wanted({name: one[None] for name, one in fields.items()})["wanted"][0]
    loss, _ = made.loss(Batch(**fields, wanted=wanted, recent_return=torch.zeros(())))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_exploration_falls_in_a_line_to_its_least():
    made = method(final_epsilon=0.1, exploration_fraction=0.5)
    shares = []
    for progress in (0.0, 0.25, 0.5, 1.0):
        made.decay_epsilon(progress)
        shares.append(made.epsilon)
    assert shares == pytest.approx([1.0, 0.55, 0.1, 0.1])


def test_the_share_of_random_actions_is_epsilon():
    made = method()
    observation = torch.randn(4000, 4)
    best = made.act(observation)
    made.epsilon = 0.5
    explored = made.explore(observation, torch.Generator().manual_seed(0))
    assert abs((explored != best).float().mean().item() - 0.25) < 0.03  # half at random, of which half hit the best
    made.epsilon = 0.0
    assert torch.equal(made.explore(observation, torch.Generator().manual_seed(0)), best)
