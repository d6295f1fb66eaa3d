"""The replay memory against a plain list."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.environments.replay_buffer import ReplayBuffer


def transitions(first: int, count: int) -> dict[str, torch.Tensor]:
    number = torch.arange(first, first + count)
    return {
        "observation": torch.stack([number, -number], 1).float(),
        "action": number,
        "reward": number / 2,
        "next_observation": torch.stack([number + 1, -number - 1], 1).float(),
        "terminated": (number % 3 == 0).float(),
    }


@settings(max_examples=60, deadline=None)
@given(capacity=st.integers(1, 12), counts=st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_it_holds_the_newest_transitions_whole(capacity, counts):
    memory, seen = ReplayBuffer(capacity, 2), 0
    for count in counts:
        count = min(count, capacity)
        memory.add(transitions(seen, count))
        seen += count
    kept = sorted(memory.fields["action"][: memory.size].tolist())
    assert kept == list(range(max(0, seen - capacity), seen))
    for place, number in enumerate(memory.fields["action"][: memory.size].tolist()):
        assert all(torch.equal(memory.fields[name][place], values[0]) for name, values in transitions(number, 1).items())


def test_draws_are_uniform_and_follow_the_generator():
    memory = ReplayBuffer(10, 2)
    memory.add(transitions(0, 5))
    drawn = memory.draw((3, 2000), torch.Generator().manual_seed(0))
    assert drawn["observation"].shape == (3, 2000, 2)
    shares = torch.bincount(drawn["action"].flatten(), minlength=5) / 6000
    assert (shares - 0.2).abs().max() < 0.02
    again = memory.draw((3, 2000), torch.Generator().manual_seed(0))
    assert all(torch.equal(drawn[name], again[name]) for name in drawn)


def test_state_leads_to_the_same_draws():
    memory, other = ReplayBuffer(4, 2), ReplayBuffer(4, 2)
    memory.add(transitions(0, 4))
    memory.add(transitions(4, 2))
    other.restore(memory.state())
    memory.add(transitions(6, 1))
    other.add(transitions(6, 1))
    first, second = (one.draw((50,), torch.Generator().manual_seed(1)) for one in (memory, other))
    assert all(torch.equal(first[name], second[name]) for name in first)
