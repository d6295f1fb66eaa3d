"""Random numbers beside a training: seeded inside the context, and as before after it."""

from __future__ import annotations

import pytest
import torch

from hibiscus.training.random_state import preserved_random_state

CPU = torch.device("cpu")


def test_the_state_is_restored_and_the_seed_determines_what_is_drawn():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(7)
    inside = torch.rand(4)
    torch.manual_seed(5)
    with preserved_random_state(CPU, 7):
        assert torch.equal(torch.rand(4), inside)
    assert torch.equal(torch.rand(3), expected)


def draw_and_fail():
    with preserved_random_state(CPU, 7):
        torch.rand(2)
        raise ZeroDivisionError


def test_the_state_is_restored_after_an_error():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        draw_and_fail()
    assert torch.equal(torch.get_rng_state(), before)
