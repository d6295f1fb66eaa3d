"""Networks of vectors and series: shapes, what depends on what, and that steps are in the right order."""

from __future__ import annotations

import pytest
import torch

from hibiscus.networks.vector_gan import (
    SeriesDiscriminator,
    SeriesGenerator,
    VectorDiscriminator,
    VectorGenerator,
    doublings,
)


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_vectors(depth):
    generator, discriminator = VectorGenerator(5, (7,), 16, depth), VectorDiscriminator((7,), 16, depth)
    fake = generator(torch.randn(4, 5))
    assert fake.shape == (4, 7)
    assert discriminator(fake).shape == (4, 1)
    assert sum(isinstance(layer, torch.nn.Linear) for layer in generator.modules()) == depth + 1


@pytest.mark.parametrize(("steps", "expected"), [(3, 1), (16, 1), (17, 2), (24, 2), (100, 4), (128, 4)])
def test_series_of_any_length(steps, expected):
    assert doublings(steps) == expected
    generator, discriminator = SeriesGenerator(5, (steps, 3), 4), SeriesDiscriminator((steps, 3), 4)
    fake = generator(torch.randn(6, 5))
    assert fake.shape == (6, steps, 3)
    assert discriminator(fake).shape == (6, 1)


def test_convolutions_run_over_time_and_not_over_features():
    torch.manual_seed(0)
    first = SeriesDiscriminator((32, 2), 4).body[0]
    series = torch.zeros(1, 32, 2)
    moved = series.clone()
    series[0, 10, 0], moved[0, 12, 0] = 1.0, 1.0
    one, other = (first(x.transpose(1, 2)) for x in (series, moved))
    torch.testing.assert_close(one[..., 2:9], other[..., 3:10])


def test_unbounded_outputs():
    torch.manual_seed(0)
    assert VectorGenerator(4, (3,), 8)(100 * torch.randn(50, 4)).abs().max() > 1
    assert SeriesGenerator(4, (20, 1), 8).eval()(100 * torch.randn(50, 4)).abs().max() > 1
