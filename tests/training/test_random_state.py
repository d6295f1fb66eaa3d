from __future__ import annotations

import torch

from hibiscus.training.random_state import preserved_random_state


def test_the_block_is_seeded_and_the_state_outside_is_preserved():
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    numbers = []
    for _ in range(2):
        with preserved_random_state(torch.device("cpu"), 3):
            numbers.append(torch.rand(4))
    assert torch.equal(numbers[0], numbers[1])
    assert torch.equal(torch.rand(4), expected)
