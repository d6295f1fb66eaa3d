"""Dropout: which values stay and how large they are, against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from hibiscus.networks.dropout import Dropout, dropout


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_each_value_is_kept_by_itself_and_the_mean_stays(p, dtype):
    torch.manual_seed(0)
    x = torch.ones(401, 503, dtype=dtype)
    y = dropout(x, p)
    assert set(y.unique().tolist()) == {
        0.0,
        float(torch.tensor(1 / (1 - round(p * 65536) / 65536)).to(dtype)),
    }
    kept = (y != 0).float()
    for share in (kept.mean(), *(kept.flatten()[place::4].mean() for place in range(4))):
        assert abs(float(share) - (1 - p)) < 0.01, (
            "each of the four values that a number decides on is kept as often"
        )
    pairs = torch.stack([kept.flatten()[:-1], kept.flatten()[1:]])
    assert abs(float(torch.corrcoef(pairs)[0, 1])) < 0.01, "neighbours know nothing of each other"
    native = (functional.dropout(x, p) != 0).float()
    assert abs(float(kept.mean() - native.mean())) < 0.01


def test_gradient_passes_where_values_stay():
    x = torch.randn(5, 7, requires_grad=True)
    y = dropout(x, 0.5)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, (y / x).detach().round())


def test_layout_stays_and_the_seed_decides():
    x = torch.rand(3, 4, 5, 6).contiguous(memory_format=torch.channels_last)
    torch.manual_seed(1)
    first = dropout(x, 0.3)
    assert first.is_contiguous(memory_format=torch.channels_last)
    second = dropout(x, 0.3)
    torch.manual_seed(1)
    assert torch.equal(dropout(x, 0.3), first)
    assert not torch.equal(second, first)
    assert dropout(x[:, :, ::2], 0.3).shape == (3, 4, 3, 6)


def test_borders_and_evaluation():
    x = torch.rand(2, 3)
    assert dropout(x, 0.0) is x
    assert dropout(x, 0.7, training=False) is x
    assert not dropout(x, 1.0).any()
    assert torch.equal(dropout(x, 7e-6), x)  # rounded to no dropout
    assert dropout(torch.rand(0, 3), 0.5).shape == (0, 3)
    layer = Dropout(0.5)
    assert not torch.equal(layer(x + 1), x + 1)
    assert torch.equal(layer.eval()(x), x)
