"""Random numbers beside a training: seeded inside the context, and as before after it."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from hibiscus.training.random_state import preserved_generators, preserved_random_state


def test_the_state_is_restored_and_the_seed_determines_what_is_drawn():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(7)
    inside = torch.rand(4)
    torch.manual_seed(5)
    with preserved_random_state(7):
        assert torch.equal(torch.rand(4), inside)
    assert torch.equal(torch.rand(3), expected)


def draw_and_fail():
    with preserved_random_state(7):
        torch.rand(2)
        raise ZeroDivisionError


def test_the_state_is_restored_after_an_error():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        draw_and_fail()
    assert torch.equal(torch.get_rng_state(), before)


def draws():
    return torch.rand(1).item(), np.random.rand(), random.random()


def test_all_global_generators_of_the_caller_stay_as_they_were():
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    expected = draws()
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    with preserved_generators():
        torch.manual_seed(3)
        np.random.seed(3)
        random.seed(3)
        draws()
    assert draws() == expected
