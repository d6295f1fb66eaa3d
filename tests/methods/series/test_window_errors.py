"""The errors of windows: of observed values, of the last steps, and of the member that left a block out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.methods.series.window_errors import explain, mean_error, window_errors


class Constant(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, series, future=None, static=None):
        return torch.full((len(series), 2, 1, 1), self.value)


class Zero(nn.Module):
    def forward(self, window):
        return torch.zeros_like(window)


def batch():
    target = torch.tensor([[[1.0], [3.0]], [[2.0], [5.0]]])
    observed = torch.tensor([[[True], [True]], [[True], [False]]])
    return Batch(series=torch.ones(2, 3, 1), target=target, observed=observed, origin=torch.tensor([3, 9]))


def test_missing_values_do_not_count():
    assert mean_error(*explain(Constant(0.0), batch(), "forecast")).tolist() == [2.0, 2.0]


def test_a_reconstruction_is_trained_on_the_window_and_scored_on_its_last_steps():
    assert explain(Zero(), batch(), "reconstruction")[0].shape == (2, 5, 1)
    assert mean_error(*explain(Zero(), batch(), "reconstruction")).tolist() == pytest.approx([1.4, 1.25])
    assert window_errors([Zero()], [batch()], "reconstruction", 2, None).tolist() == [2.0, 2.0]


def test_the_mean_of_the_members_but_in_a_block_the_one_that_left_it_out():
    members = [Constant(0.0), Constant(4.0)]
    assert window_errors(members, [batch()], "forecast", 2, None).tolist() == [1.0, 0.0]
    assert window_errors(members, [batch()], "forecast", 2, np.repeat([0, 1], [8, 4])).tolist() == [2.0, 2.0]
    assert window_errors(members, [batch()], "forecast", 2, np.repeat([0, 1, -1], [3, 5, 4])).tolist() == [
        2.0,
        0.0,
    ]
    assert len(window_errors(members, [], "forecast", 2, None)) == 0
