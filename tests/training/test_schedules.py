from __future__ import annotations

import math

import pytest

from hibiscus.errors import ConfigError
from hibiscus.training.schedules import (
    SCHEDULES,
    constant,
    cosine,
    coslog4,
    linear,
    make_schedule,
    one_cycle,
    steps,
)


def test_values_at_the_ends_and_between():
    assert [constant(t) for t in (0, 0.5, 1)] == [1, 1, 1]
    assert [cosine(t) for t in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    assert cosine(1 / 3) == pytest.approx((1 + math.cos(math.pi / 3)) / 2)
    assert [linear(t) for t in (0, 0.25, 1)] == [1, 0.75, 0]
    assert [one_cycle(t) for t in (0, 0.25, 0.625, 1)] == pytest.approx([0.04, 1, 0.5, 0])


def test_coslog4_has_four_cycles_each_twice_as_long():
    ends = [(2**cycle - 1) / 15 for cycle in range(5)]
    assert [coslog4(t) for t in ends] == pytest.approx([0] * 5, abs=1e-9)
    assert [coslog4((2 ** (cycle + 0.5) - 1) / 15) for cycle in range(4)] == pytest.approx([1] * 4)


def test_steps_are_those_of_two_hundred_epochs():
    schedule = steps()
    assert [schedule(epoch / 200) for epoch in (0, 79, 80, 119, 120, 160, 180, 199)] == [
        1,
        1,
        0.1,
        0.1,
        0.01,
        0.001,
        0.0005,
        0.0005,
    ]


def test_milestones_and_factors_are_options():
    schedule = make_schedule("steps", (0.5, 0.75), (0.2, 0.04))
    assert [schedule(progress) for progress in (0, 0.49, 0.5, 0.75, 1)] == [1, 1, 0.2, 0.04, 0.04]
    for milestones, factors in (((0.5,), (0.1, 0.2)), ((0.7, 0.5), (0.1, 0.2)), ((1.5,), (0.1,))):
        with pytest.raises(ConfigError, match="lr_milestones="):
            make_schedule("steps", milestones, factors)


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_every_schedule_stays_between_nought_and_one(name):
    assert all(0 <= make_schedule(name)(i / 100) <= 1 for i in range(101))


def test_unknown_schedule_is_told():
    with pytest.raises(ConfigError, match="zigzag"):
        make_schedule("zigzag")
