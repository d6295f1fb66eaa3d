"""The replay source: when it collects steps, its batches, what is computed once per iteration, and how it is
restored.
"""

from __future__ import annotations

from functools import partial

import torch

from hibiscus.data.environments.create import make_environment
from hibiscus.environments.replay_buffer import ReplayBuffer
from hibiscus.environments.replay_source import ReplayPlan, ReplaySource
from hibiscus.environments.vector import VectorEnv

PLAN = ReplayPlan(
    batch_size=4, steps_per_iteration=6, updates_per_iteration=3, learning_starts=10, iterations_per_epoch=2
)


def source(calls=None, scale=None):
    environments = VectorEnv(partial(make_environment, "CartPole-v1"), 2, range(50))
    scale = torch.ones(()) if scale is None else scale

    def act(observation, generator):
        if calls is not None:
            calls.append(len(observation))
        return torch.randint(2, (len(observation),), generator=generator)

    def compute_targets(fields):
        return {"ahead": fields["reward"] * scale}

    return ReplaySource(
        environments, ReplayBuffer(100, 4), act, PLAN, 3, torch.device("cpu"), compute_targets
    )


def test_it_collects_steps_before_the_batches_of_every_iteration():
    calls = []
    made = source(calls)
    assert made.batches_per_epoch == 6
    sizes = []
    for _ in range(7):
        batch = made.next()
        sizes.append(made.replay_buffer.size)
        assert batch.observation.shape == (4, 4)
        assert batch.size == 4
    assert sizes == [
        16,
        16,
        16,
        22,
        22,
        22,
        28,
    ]  # 10 + 6 steps, then 6 before each third batch, of two environments each
    assert calls == [2] * 14


def test_targets_are_computed_once_per_iteration():
    scale = torch.ones(())
    made = source(scale=scale)
    first = made.next()
    scale.fill_(5.0)
    assert torch.equal(made.next().ahead, first.reward)
    made.next()
    following = made.next()
    assert torch.equal(following.ahead, 5 * following.reward)


def test_a_saved_position_leads_to_the_same_batches():
    for taken in range(1, 8):
        whole, parts = source(), source()
        for _ in range(taken):
            whole.next()
        parts.restore(whole.position())
        for _ in range(5):
            first, second = whole.next(), parts.next()
            assert all(torch.equal(first[name], second[name]) for name in first)
