"""The replay buffer against a plain list."""

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
    buffer, added = ReplayBuffer(capacity, 2), 0
    for count in counts:
        count = min(count, capacity)
        buffer.add(transitions(added, count))
        added += count
    kept = sorted(buffer.fields["action"][: buffer.size].tolist())
    assert kept == list(range(max(0, added - capacity), added))
    for index, number in enumerate(buffer.fields["action"][: buffer.size].tolist()):
        assert all(
            torch.equal(buffer.fields[name][index], values[0])
            for name, values in transitions(number, 1).items()
        )


def test_samples_are_uniform_and_follow_the_generator():
    buffer = ReplayBuffer(10, 2)
    buffer.add(transitions(0, 5))
    sampled = buffer.sample((3, 2000), torch.Generator().manual_seed(0))
    assert sampled["observation"].shape == (3, 2000, 2)
    frequencies = torch.bincount(sampled["action"].flatten(), minlength=5) / 6000
    assert (frequencies - 0.2).abs().max() < 0.02
    again = buffer.sample((3, 2000), torch.Generator().manual_seed(0))
    assert all(torch.equal(sampled[name], again[name]) for name in sampled)


def test_state_leads_to_the_same_samples():
    buffer, other = ReplayBuffer(4, 2), ReplayBuffer(4, 2)
    buffer.add(transitions(0, 4))
    buffer.add(transitions(4, 2))
    other.restore(buffer.state())
    buffer.add(transitions(6, 1))
    other.add(transitions(6, 1))
    first, second = (one.sample((50,), torch.Generator().manual_seed(1)) for one in (buffer, other))
    assert all(torch.equal(first[name], second[name]) for name in first)
