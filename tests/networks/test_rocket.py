import numpy as np
import pytest
import torch
from torch import nan

from hibiscus.errors import ConfigError
from hibiscus.networks.registry import build_network
from hibiscus.networks.rocket import LENGTHS, RandomKernels

STEPS, FEATURES, KERNELS = 30, 3, 200


@pytest.fixture(scope="module")
def random():
    torch.manual_seed(0)
    kernels = RandomKernels(STEPS, FEATURES, KERNELS)
    kernels.difference_scale.copy_(torch.tensor([0.5, 1.0, 2.0]))
    return kernels


def slow_features(random, series, kernel):
    """The proportion of positive values and the maximum, as the paper writes them."""
    length, dilation = int(random.length[kernel]), int(random.dilation[kernel])
    weight = random.weight[kernel].numpy().astype(float)
    side = (length - 1) * dilation // 2 if random.padded[kernel] else 0
    if random.differenced[kernel]:
        series = np.diff(series, axis=0) / random.difference_scale.numpy()
    x = np.pad(series, ((side, side), (0, 0)))
    values = [
        float(random.bias[kernel])
        + sum(weight[c, j] * x[t + j * dilation, c] for c in range(x.shape[1]) for j in range(length))
        for t in range(len(x) - (length - 1) * dilation)
    ]
    return [np.mean(np.array(values) > 0), max(values)] if values else [0, 0]


def test_features_equal_the_formula(random):
    series = np.random.default_rng(0).normal(size=(2, STEPS, FEATURES)).astype(np.float32)
    found = random(torch.from_numpy(series)).reshape(2, 2, KERNELS)
    for item in range(2):
        for kernel in range(0, KERNELS, 3):
            expected = slow_features(random, series[item].astype(float), kernel)
            np.testing.assert_allclose(found[item, :, kernel], expected, atol=1e-5)


def test_padding_counts_for_nothing(random):
    series = torch.randn(4, STEPS, FEATURES, generator=torch.Generator().manual_seed(1))
    padded = series.clone()
    padded[:2, 17:] = nan
    short = random(series[:2, :17])  # a convolution that is longer than the series has no values
    torch.testing.assert_close(random(padded)[:2], short)
    torch.testing.assert_close(random(padded)[2:], random(series)[2:])


def test_kernels_are_drawn_as_in_the_paper(random):
    assert set(random.length.tolist()) == set(LENGTHS)
    assert ((random.length - 1) * random.dilation < STEPS).all()
    assert random.dilation.max() > 1
    assert 0.3 < random.padded.float().mean() < 0.7
    assert random.differenced.float().mean() == 0.5
    assert random.bias.abs().max() <= 1
    torch.testing.assert_close(random.weight.sum(2), torch.zeros(KERNELS, FEATURES), atol=1e-5, rtol=0)
    used = random.weight.abs().sum(2).gt(0).sum(1)
    assert set(used.tolist()) == {1, 2, 3}
    for length in LENGTHS:
        assert not random.weight[random.length == length, :, length:].any()


def test_the_scale_of_differences_is_that_of_training():
    kernels = RandomKernels(4, 2, 10)
    kernels.fit(torch.tensor([[[0.0, 5], [3, 5], [nan, nan], [nan, nan]], [[0, 5], [1, 5], [2, 5], [3, 5]]]))
    assert kernels.difference_scale.tolist() == pytest.approx([(12 / 4) ** 0.5, 1])


def test_only_the_head_is_trained():
    network = build_network("rocket", (STEPS, 1), 3, kernels=50)
    assert sum(values.numel() for values in network.parameters()) == (100 + 1) * 3
    x = torch.randn(5, STEPS, 1)
    features = network.random(x)
    network.head.fit(features)
    network.head[2].weight.data.normal_()
    torch.testing.assert_close(network(x), network(features))


def test_series_shorter_than_a_kernel_have_finite_features():
    for steps in (1, 2, 3):
        assert RandomKernels(steps, 1, 100)(torch.randn(2, steps, 1)).isfinite().all()


@pytest.mark.parametrize(
    ("shape", "options", "said"),
    [((8,), {}, "net=mlp"), ((1, 8, 8), {}, "net=cnn"), ((8, 1), {"kernels": 0}, "kernels=0")],
)
def test_other_inputs_are_refused(shape, options, said):
    with pytest.raises(ConfigError, match=said):
        build_network("rocket", shape, 2, **options)
