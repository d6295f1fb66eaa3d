import math

import pytest
import torch

from hibiscus.losses.negative_sampling import negative_sampling_loss


def test_the_formula():
    positive = torch.tensor([[1.0, -2.0], [0.5, 9.0]])
    mask = torch.tensor([[True, True], [True, False]])
    negative = torch.tensor([[0.0, 3.0], [-1.0, 2.0]])

    def log_sigmoid(x):
        return -math.log(1 + math.exp(-x))

    expected = 0.0
    for row, column in ((0, 0), (0, 1), (1, 0)):
        noise = [log_sigmoid(-float(score)) for score in negative[row]]
        expected -= log_sigmoid(float(positive[row, column])) + 5 * sum(noise) / 2
    loss = negative_sampling_loss(positive, mask, negative, 5)
    assert loss.item() == pytest.approx(expected / 3, rel=1e-6)


def test_no_context_at_all():
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    assert negative_sampling_loss(torch.zeros(2, 3), nothing, torch.zeros(2, 4), 5) == 0
