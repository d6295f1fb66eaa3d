import math

import pytest
import torch

from hibiscus.networks.forecasting import build_forecaster
from hibiscus.networks.forecasting.nbeats import polynomials, waves


@pytest.mark.parametrize("stacks", ["generic", "interpretable"])
def test_forecasts_and_residuals_add_up(stacks):
    network = build_forecaster("n-beats", 12, 5, 2, 2, stacks=stacks, blocks=2, units=16).core
    series = torch.randn(3, 12, 2)
    x = series.transpose(1, 2).reshape(6, 12)
    explained, total = torch.zeros(6, 12), torch.zeros(6, 5, 1)
    for stack in network.stacks:
        for block in stack:
            past, ahead = block(x - explained)
            explained, total = explained + past, total + ahead
    forecasts, residual = network.parts(series)
    assert forecasts.shape == (2, 3, 5, 2, 1)
    torch.testing.assert_close(network(series), forecasts.sum(0))
    torch.testing.assert_close(network(series), total.view(3, 2, 5, 1).transpose(1, 2))
    torch.testing.assert_close(residual, (x - explained).view(3, 2, 12).transpose(1, 2))


def test_a_trend_is_a_polynomial_and_a_season_a_sum_of_waves():
    network = build_forecaster("n-beats", 12, 8, 1, 1, stacks="interpretable", degree=2).core
    (trend, season), _ = network.parts(torch.randn(4, 12, 1))
    third = trend[:, :, 0, 0].diff(n=3)
    torch.testing.assert_close(third, torch.zeros_like(third), atol=1e-5, rtol=0)
    basis = waves(12, 8)[1]
    projection = season[:, :, 0, 0] @ torch.linalg.pinv(basis) @ basis
    torch.testing.assert_close(season[:, :, 0, 0], projection, atol=1e-5, rtol=1e-4)


def test_bases():
    past, future = polynomials(4, 2, 2)
    assert future.tolist() == [[1, 1], [0, 0.5], [0, 0.25]]
    assert past[1].tolist() == [0, 0.25, 0.5, 0.75]
    past, future = waves(3, 8)
    assert past.shape == (9, 3)
    assert future[1, 2].item() == pytest.approx(math.cos(2 * math.pi * 2 / 8), abs=1e-6)
    assert past[5, 2].item() == pytest.approx(math.sin(-2 * math.pi / 8), abs=1e-6)


def test_interpretable_blocks_share_their_weights():
    counts = [
        sum(p.numel() for p in build_forecaster("n-beats", 9, 3, 1, 1, blocks=n, stacks=s).parameters())
        for s in ("interpretable", "generic")
        for n in (1, 3)
    ]
    unused = 128 * len(waves(9, 3)[0])  # by the last block, of which there are two with n=1
    assert counts[0] == counts[1] - unused
    assert counts[3] > 2.9 * counts[2]
