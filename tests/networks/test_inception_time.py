import pytest
import torch
from torch import nan

from hibiscus.errors import ConfigError
from hibiscus.networks.inception_time import StepNorm
from hibiscus.networks.registry import build_network


def network(features=2, **options):
    torch.manual_seed(0)
    return build_network("inception-time", (20, features), 3, filters=4, **options)


@pytest.mark.parametrize(("features", "depth"), [(1, 6), (2, 3), (2, 4), (5, 1)])
def test_outputs_of_any_depth(features, depth):
    built = network(features, depth=depth)
    assert built(torch.randn(4, 20, features)).shape == (4, 3)
    assert len(built.shortcuts) == depth // 3


def test_the_parameters_of_the_paper():
    built = build_network("inception-time", (150, 1), 2)
    lengths = [branch.kernel_size[0] for branch in built.blocks[0].branches]
    assert lengths == [39, 19, 9]
    first, other = 32 * (39 + 19 + 9) + 32 + 256, 128 * 32 + 32 * 32 * (39 + 19 + 9) + 128 * 32 + 256
    shortcuts = 128 + 256 + 128 * 128 + 256
    assert sum(x.numel() for x in built.parameters()) == first + 5 * other + shortcuts + 2 * 128 + 2


def test_padding_changes_no_output():
    built = network()
    built.train()(torch.randn(8, 20, 2))  # other statistics than at the start
    built.eval()
    x = torch.randn(3, 20, 2)
    padded = torch.cat([x, torch.full((3, 9, 2), nan)], dim=1)
    torch.testing.assert_close(built(padded), built(x))


def test_padding_changes_no_statistic_of_training():
    plain, other = network().train(), network().train()
    x = torch.randn(3, 20, 2)
    padded = torch.cat([x, torch.full((3, 9, 2), nan)], dim=1)
    torch.testing.assert_close(plain(x), other(padded), atol=1e-4, rtol=1e-4)
    norm, same = plain.norms[0], other.norms[0]
    torch.testing.assert_close(norm.running_mean, same.running_mean, atol=1e-4, rtol=1e-4)


def test_step_norm_is_zero_after_the_end():
    norm = StepNorm(2).train()
    valid = torch.tensor([[[True, True, False]]])
    y = norm(torch.randn(1, 2, 3), valid)
    assert not y[:, :, 2].any()
    assert y[:, :, :2].abs().sum() > 0


def test_other_inputs_are_refused():
    with pytest.raises(ConfigError, match="series"):
        build_network("inception-time", (7,), 2)
    with pytest.raises(ConfigError, match="longest=2"):
        network(longest=2)
