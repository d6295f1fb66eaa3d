"""The formula in the docstring of `dqn`; epsilon-greedy exploration and its decay."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.environments.preparation import EnvironmentPreparation
from hibiscus.data.preparation import Preparation
from hibiscus.methods.control.dqn import DQN
from methods.learning import trained


def method(**options):
    preparation = Preparation({"environment": EnvironmentPreparation("CartPole-v1", 4, 2, 500, 475.0)})
    torch.manual_seed(0)
    dqn = DQN(DQN.Config(net_options={"hidden": [8]}, **options), preparation)
    for parameter in dqn.target.parameters():
        parameter.data.normal_()
    return dqn


def values(network, observation):
    """Q by hand: one hidden layer of ReLUs."""
    first, second = network[1], network[3]
    hidden = np.maximum(
        0, observation @ first.weight.detach().double().numpy().T + first.bias.detach().double().numpy()
    )
    return hidden @ second.weight.detach().double().numpy().T + second.bias.detach().double().numpy()


def test_the_objective_is_its_formula():
    dqn = method(gamma=0.9)
    rng = np.random.default_rng(0)
    before, after = rng.normal(size=(2, 5, 4))
    action, reward, terminated = rng.integers(0, 2, 5), 3 * rng.normal(size=5), np.array([0.0, 1, 0, 0, 1])
    y = reward + 0.9 * (1 - terminated) * values(dqn.target, after).max(1)
    distance = np.abs(values(dqn.network, before)[np.arange(5), action] - y)
    expected = np.where(distance < 1, distance**2 / 2, distance - 0.5).mean()
    fields = {
        "observation": torch.tensor(before, dtype=torch.float32),
        "next_observation": torch.tensor(after, dtype=torch.float32),
        "action": torch.tensor(action),
        "reward": torch.tensor(reward, dtype=torch.float32),
        "terminated": torch.tensor(terminated, dtype=torch.float32),
    }
    target = dqn.compute_targets({name: values[None] for name, values in fields.items()})["target"][0]
    loss, _ = dqn.loss(Batch(**fields, target=target, recent_return=torch.zeros(())))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_epsilon_decays_linearly_to_its_final_value():
    dqn = method(final_epsilon=0.1, exploration_fraction=0.5)
    epsilons = []
    for progress in (0.0, 0.25, 0.5, 1.0):
        dqn.decay_epsilon(progress)
        epsilons.append(dqn.epsilon)
    assert epsilons == pytest.approx([1.0, 0.55, 0.1, 0.1])


def test_the_fraction_of_random_actions_is_epsilon():
    dqn = method()
    observation = torch.randn(4000, 4)
    best = dqn.act(observation)
    dqn.epsilon = 0.5
    actions = dqn.epsilon_greedy(observation, torch.Generator().manual_seed(0))
    assert (
        abs((actions != best).float().mean().item() - 0.25) < 0.03
    )  # half are random, of which half equal the greedy action
    dqn.epsilon = 0.0
    assert torch.equal(dqn.epsilon_greedy(observation, torch.Generator().manual_seed(0)), best)


@pytest.mark.slow
def test_it_learns_to_balance_a_pole(tmp_path):
    """CartPole counts as solved at a mean return of 475, here over 100 start states that training
    never saw.
    """
    evaluation = trained(tmp_path, "dqn", "gym:CartPole-v1")
    assert evaluation["metrics"]["test/mean_return"] >= 475
    assert evaluation["baselines"]["random actions"]["test/mean_return"] < 50
