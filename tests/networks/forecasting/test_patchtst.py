import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting import build_forecaster
from hibiscus.networks.forecasting.patchtst import patches


@pytest.mark.parametrize(("steps", "length", "stride"), [(336, 16, 8), (20, 16, 8), (17, 4, 3), (16, 16, 8)])
def test_number_of_patches(steps, length, stride):
    x = torch.arange(float(steps))[None]
    result = patches(x, length, stride)
    assert result.shape == (1, (steps - length) // stride + 2, length)
    for index, patch in enumerate(result[0]):
        start = index * stride
        expected = [min(start + offset, steps - 1) for offset in range(length)]
        assert patch.tolist() == expected


def test_the_window_of_the_paper_has_42_tokens():
    network = build_forecaster("patchtst", 336, 96, 7, 7)
    assert network.core.head.in_features == 42 * 16
    assert network.norm is not None


def test_variables_are_independent():
    network = build_forecaster("patchtst", 32, 4, 2, 2).eval()
    x = torch.randn(3, 32, 2)
    y = network(x)
    changed = torch.stack([x[:, :, 0], torch.randn(3, 32)], dim=2)
    torch.testing.assert_close(network(changed)[:, :, 0], y[:, :, 0])
    torch.testing.assert_close(network(x.flip(2)), y.flip(2))


def test_a_patch_longer_than_the_window_is_refused():
    with pytest.raises(ConfigError, match="patch_length=16 with an input length of 12") as caught:
        build_forecaster("patchtst", 12, 4, 1, 1)
    assert "patch_length=6" in caught.value.fix
