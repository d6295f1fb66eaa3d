from __future__ import annotations

import math

import torch

from hibiscus.training.meter import Meter


def test_means_do_not_depend_on_when_they_are_read():
    values = torch.rand(100, generator=torch.Generator().manual_seed(0))
    often, once = Meter(), Meter()
    for i, value in enumerate(values):
        often.add({"loss": value}, i)
        once.add({"loss": value}, i)
        if i % 7 == 0:
            often.read()
    often.read()
    once.read()
    assert often.means() == once.means()


def test_the_first_number_that_is_not_finite_is_named():
    meter = Meter()
    meter.add({"loss": torch.tensor(1.0), "x": torch.tensor(2.0)}, 4)
    meter.add({"loss": torch.tensor(1.0), "x": torch.tensor(math.inf)}, 5)
    meter.add({"loss": torch.tensor(math.nan), "x": torch.tensor(2.0)}, 6)
    assert meter.read()[1] == (5, "x")


def test_state_goes_through_json_unchanged():
    meter, other = Meter(), Meter()
    meter.add({"loss": torch.tensor(0.1)}, 1)
    meter.read()
    other.restore(meter.state())
    assert other.means() == meter.means()
